#include "daemon/service/queues.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <ranges>
#include <utility>

namespace ccd::service {
namespace {

constexpr std::uint32_t may_get = 4;
constexpr std::uint32_t may_put = 2;
constexpr std::uint32_t mode_bits = 0666;

constexpr std::string_view while_used = " (a destroyed one counts as long as somebody uses it)";

std::string quoted(std::string_view name) {
    return "queue '" + std::string{name} + "'";
}

Result<void> check_name(std::string_view name) {
    const auto is_bad = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/';
    };
    if (name.empty() || name.size() > Queues::name_limit || name == "." || name == ".." ||
        std::ranges::any_of(name, is_bad))
        return failure(Errc::bad_request, "a queue is named with 1 to " +
                                              std::to_string(Queues::name_limit) +
                                              " bytes, without '/' and control characters");
    return {};
}

Result<std::uint32_t> read_mode(std::string_view text) {
    std::uint32_t mode = 0;
    const auto* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
    if (error != std::errc{} || stop != end || (mode & ~mode_bits) != 0)
        return failure(Errc::bad_request,
                       "mode '" + std::string{text.substr(0, 16)} +
                           "' is none of a queue: three octal digits of 4 (get) and 2 (put), as "
                           "0660");
    return mode;
}

Result<store::QueueRow> row_of(const queue::CreateRequest& request, const Caller& caller) {
    CCD_TRY(check_name(request.name));
    if (request.capacity == 0 || request.capacity > shm::capacity_limit)
        return failure(Errc::bad_request,
                       "a queue holds 1 to " + std::to_string(shm::capacity_limit) + " messages");
    if (request.message_size.count == 0 || request.message_size.count > shm::message_limit)
        return failure(Errc::bad_request, "messages are of 1 byte to " +
                                              std::to_string(shm::message_limit >> 20) + " MiB");
    const auto mode = CCD_TRY(read_mode(request.mode));
    return store::QueueRow{.name = request.name,
                           .uid = caller.uid,
                           .gid = caller.gid,
                           .mode = mode,
                           .capacity = request.capacity,
                           .message_size = request.message_size,
                           .when_full = request.when_full,
                           .on_consumer_death = request.on_consumer_death};
}

bool is_same_shape(const store::QueueRow& a, const store::QueueRow& b) {
    return a.capacity == b.capacity && a.message_size == b.message_size &&
           a.when_full == b.when_full && a.on_consumer_death == b.on_consumer_death;
}

std::uint32_t rights_of(const store::QueueRow& row, const Caller& caller,
                        const Queues::IsInGroup& is_in_group) {
    if (caller.is_admin) return may_get | may_put;
    if (caller.uid == row.uid) return row.mode >> 6 & 7U;
    if (caller.gid == row.gid || is_in_group(row.gid)) return row.mode >> 3 & 7U;
    return row.mode & 7U;
}

bool may_know(const store::QueueRow& row, const Caller& caller,
              const Queues::IsInGroup& is_in_group) {
    return owns(caller, row.uid) || rights_of(row, caller, is_in_group) != 0;
}

std::uint32_t needed_for(queue::Use use) {
    switch (use) {
        case queue::Use::put:
            return may_put;
        case queue::Use::get:
            return may_get;
        case queue::Use::both:
            break;
    }
    return may_get | may_put;
}

tl::unexpected<Error> no_such(std::string_view name) {
    return failure(Errc::not_found, "there is no " + quoted(name.substr(0, Queues::name_limit)) +
                                        " that you may use");
}

}  // namespace

bool is_possible(const store::QueueRow& row) {
    return row.message_size.count <= shm::message_limit && shm::is_possible(shape_of(row));
}

shm::QueueShape shape_of(const store::QueueRow& row) {
    return {.capacity = row.capacity,
            .message_size = static_cast<std::uint32_t>(row.message_size.count)};
}

Bytes memory_of(const store::QueueRow& row) {
    const shm::Geometry geometry{shape_of(row)};
    return Bytes{geometry.control_size() + geometry.payload_size()};
}

std::string mode_text(std::uint32_t mode) {
    std::string text{"0"};
    for (int shift = 6; shift >= 0; shift -= 3)
        text.push_back(static_cast<char>('0' + (mode >> shift & 7U)));
    return text;
}

void Queues::load(std::vector<store::QueueRow> rows, store::QueueId last) {
    auto before = std::exchange(queues_, {});
    names_.clear();
    unusable_.clear();
    unsettled_.clear();
    claims_.clear();
    users_of_uid_.clear();
    memory_ = {};
    users_ = 0;
    // What was not committed may be known to somebody all the same.
    last_ = std::max(last_, last);
    for (auto& row : rows) {
        // What follows is by an administrator's hand, or of another release.
        last_ = std::max(last_, row.id);
        if (!is_possible(row)) {
            unusable_.insert_or_assign(row.name, std::move(row));
            continue;
        }
        Queue queue{.row = std::move(row)};
        if (auto known = before.extract(queue.row.id)) {
            queue.users = std::move(known.mapped().users);
            queue.leaving = std::move(known.mapped().leaving);
            queue.last_client = known.mapped().last_client;
        }
        add(std::move(queue));
    }
    for (auto& [id, queue] : before) {
        decisions_.effects.push_back(CloseQueue{.queue = id});
        if (!queue.is_used()) continue;
        queue.is_destroyed = true;
        queue.is_settled = true;
        add(std::move(queue));
    }
}

void Queues::add(Queue queue) {
    const auto memory = memory_of(queue.row);
    memory_.count += memory.count;
    auto& claim = claims_[queue.row.uid];
    claim.memory.count += memory.count;
    ++claim.queues;
    for (const auto& [client, user] : queue.users) ++users_of_uid_[user.uid];
    users_ += queue.users.size();
    const auto id = queue.row.id;
    if (!queue.is_destroyed) names_.emplace(queue.row.name, id);
    queues_.emplace(id, std::move(queue));
}

void Queues::drop_if_over(const Queue& queue) {
    if (!queue.is_destroyed || !queue.is_settled || queue.is_used()) return;
    const auto memory = memory_of(queue.row);
    memory_.count -= memory.count;
    auto claim = claims_.find(queue.row.uid);
    claim->second.memory.count -= memory.count;
    if (--claim->second.queues == 0) claims_.erase(claim);
    queues_.erase(queue.row.id);
}

// In the batch that is being made.
void Queues::change(Queue& queue) {
    queue.changed_in = decisions_.batch_id;
    queue.is_settled = false;
    unsettled_.insert(queue.row.id);
}

void Queues::committed(store::BatchId batch) {
    std::erase_if(unsettled_, [&](store::QueueId id) {
        auto& queue = queues_.at(id);
        if (queue.changed_in > batch) return false;
        settle(queue);
        return true;
    });
}

void Queues::settle(Queue& queue) {
    queue.is_settled = true;
    std::ranges::move(std::exchange(queue.waiting, {}), std::back_inserter(decisions_.effects));
    drop_if_over(queue);
}

void Queues::interrupt(const Error& why) {
    for (auto id : unsettled_) {
        auto& queue = queues_.at(id);
        if (!std::exchange(queue.is_destroyed, true)) names_.erase(queue.row.name);
        for (const auto& asked : std::exchange(queue.waiting, {})) {
            decisions_.effects.push_back(Refuse{.ticket = asked.ticket, .error = why});
            leave(id, asked.client);
        }
    }
}

void Queues::forget_user(std::uint32_t uid) {
    --users_;
    auto of_uid = users_of_uid_.find(uid);
    if (--of_uid->second == 0) users_of_uid_.erase(of_uid);
}

// Who has no right to a queue does not learn that there is one.
Result<const Queue*> Queues::look(std::string_view name, const Caller& caller,
                                  const IsInGroup& is_in_group) const {
    auto found = names_.find(name);
    if (found == names_.end()) return no_such(name);
    const auto& queue = queues_.at(found->second);
    const bool is_there = queue.is_settled || caller.uid == queue.row.uid;
    if (!is_there || !may_know(queue.row, caller, is_in_group)) return no_such(name);
    return &queue;
}

Queues::Claim Queues::claim_of(std::uint32_t uid) const {
    auto found = claims_.find(uid);
    return found == claims_.end() ? Claim{} : found->second;
}

Result<void> Queues::check_number(const Caller& caller) const {
    if (queues_.size() >= queue_limit)
        return failure(Errc::over_limit, "there are " + std::to_string(queues_.size()) +
                                             " queues, as many as there may be; destroy some" +
                                             std::string{while_used});
    const auto his = claim_of(caller.uid).queues;
    if (caller.is_admin || his < queues_per_uid) return {};
    return failure(Errc::over_limit,
                   "uid " + std::to_string(caller.uid) + " has " + std::to_string(his) +
                       " queues, as many as one user may; destroy some" + std::string{while_used});
}

Result<void> Queues::check_memory(const store::QueueRow& row, const Caller& caller) const {
    const auto wanted = memory_of(row).count;
    const auto refuse = [&](const char* key, Bytes limit, std::uint64_t used) {
        return failure(Errc::over_limit,
                       quoted(row.name) + " would take " + std::to_string(wanted) +
                           " bytes, and of " + std::to_string(limit.count) + " (" + key + ") " +
                           std::to_string(used) + " are taken; make it smaller, or destroy one" +
                           std::string{while_used});
    };
    if (wanted + memory_.count > config_.max_memory.count)
        return refuse("queues.max_memory", config_.max_memory, memory_.count);
    if (caller.is_admin) return {};
    const auto used = claim_of(caller.uid).memory.count;
    if (wanted + used > config_.max_memory_per_user.count)
        return refuse("queues.max_memory_per_user", config_.max_memory_per_user, used);
    return {};
}

Result<bool> Queues::create(const queue::CreateRequest& request, const Caller& caller,
                            const IsInGroup& is_in_group) {
    auto row = CCD_TRY(row_of(request, caller));
    if (auto known = names_.find(request.name); known != names_.end()) {
        const auto& there = queues_.at(known->second).row;
        // Names are for all, so this tells that there is one, which look() keeps from him.
        if (!may_know(there, caller, is_in_group))
            return failure(Errc::denied, quoted(request.name) + " belongs to somebody else");
        if (is_same_shape(there, row)) return false;
        return failure(Errc::conflict, quoted(request.name) +
                                           " is there in another shape: see "
                                           "ccctl queue stat, or destroy it");
    }
    if (unusable_.contains(request.name))
        return failure(Errc::conflict,
                       quoted(request.name) +
                           " is on disk in a shape that no queue can have: its owner or an "
                           "administrator may destroy it");
    CCD_TRY(check_number(caller));
    CCD_TRY(check_memory(row, caller));
    row.id = ++last_;
    decisions_.batch.add(row);
    const auto id = row.id;
    add({.row = std::move(row)});
    change(queues_.at(id));
    return true;
}

Result<std::size_t> Queues::destroy(std::string_view name, const Caller& caller,
                                    const IsInGroup& is_in_group) {
    if (auto found = unusable_.find(name);
        found != unusable_.end() && owns(caller, found->second.uid)) {
        decisions_.batch.add(store::QueueErase{.id = found->second.id});
        unusable_.erase(found);
        return 0;
    }
    const auto id = CCD_TRY(look(name, caller, is_in_group))->row.id;
    auto& queue = queues_.at(id);
    if (!owns(caller, queue.row.uid))
        return failure(Errc::denied, quoted(name) +
                                         " is for its owner to destroy, or for an "
                                         "administrator");
    decisions_.batch.add(store::QueueErase{.id = id});
    decisions_.effects.push_back(CloseQueue{.queue = id});
    names_.erase(queue.row.name);
    queue.is_destroyed = true;
    change(queue);
    return queue.users.size();
}

Result<shm::ClientId> Queues::free_number(const Queue& queue, std::uint32_t uid) const {
    auto of_uid = users_of_uid_.find(uid);
    if (users_ >= user_limit || (of_uid != users_of_uid_.end() && of_uid->second >= users_per_uid))
        return failure(Errc::over_limit, "queues are used " + std::to_string(user_limit) +
                                             " times, or " + std::to_string(users_per_uid) +
                                             " times by you; detach somewhere");
    // One after the other: a number that was just given back is not given out again at once.
    shm::ClientId number = queue.last_client;
    for (shm::ClientId tried = 1; tried < shm::client_limit; ++tried) {
        number = number + 1 < shm::client_limit ? static_cast<shm::ClientId>(number + 1) : 1;
        if (!queue.users.contains(number) && !queue.leaving.contains(number)) return number;
    }
    return failure(Errc::over_limit, quoted(queue.row.name) + " is used by as many as can be");
}

Result<void> Queues::attach(const queue::AttachRequest& request, const Caller& caller,
                            const Ticket& ticket, const IsInGroup& is_in_group,
                            PassedProcess process) {
    const auto id = CCD_TRY(look(request.name, caller, is_in_group))->row.id;
    auto& queue = queues_.at(id);
    const auto needed = needed_for(request.use);
    if ((rights_of(queue.row, caller, is_in_group) & needed) != needed)
        return failure(Errc::denied, "you may not " + std::string{to_string(request.use)} + " in " +
                                         quoted(request.name) + ": its mode is " +
                                         mode_text(queue.row.mode));
    const auto client = CCD_TRY(free_number(queue, caller.uid));
    queue.users.emplace(client,
                        QueueUser{.pid = caller.pid, .uid = caller.uid, .use = request.use});
    queue.last_client = client;
    ++users_of_uid_[caller.uid];
    ++users_;
    AttachQueue attach{.ticket = ticket,
                       .pid = caller.pid,
                       .uid = caller.uid,
                       .queue = id,
                       .client = client,
                       .use = request.use,
                       .process = std::move(process)};
    if (queue.is_settled)
        decisions_.effects.push_back(std::move(attach));
    else
        queue.waiting.push_back(std::move(attach));
    return {};
}

Result<void> Queues::detach(const queue::DetachRequest& request, const Caller& caller) {
    const auto number = static_cast<shm::ClientId>(request.client);
    const auto is_his = [&](const Queue& queue) {
        auto user = queue.users.find(number);
        return number == request.client && user != queue.users.end() &&
               user->second.pid == caller.pid &&
               std::ranges::find(queue.waiting, number, &AttachQueue::client) ==
                   queue.waiting.end();
    };
    auto found = queues_.find(request.queue);
    if (found == queues_.end() || !is_his(found->second))
        return failure(Errc::not_found, "this process does not use queue " +
                                            std::to_string(request.queue) + " as " +
                                            std::to_string(request.client));
    leave(request.queue, number);
    return {};
}

void Queues::readmit(store::QueueId id, shm::ClientId client, const QueueUser& user) {
    auto found = queues_.find(id);
    if (found == queues_.end() || !found->second.users.emplace(client, user).second) return;
    ++users_of_uid_[user.uid];
    ++users_;
}

void Queues::leave(store::QueueId id, shm::ClientId client) {
    auto found = queues_.find(id);
    if (found == queues_.end()) return;
    auto user = found->second.users.find(client);
    if (user == found->second.users.end()) return;
    forget_user(user->second.uid);
    found->second.users.erase(user);
    found->second.leaving.insert(client);
    decisions_.effects.push_back(MendQueue{.queue = id, .client = client});
}

void Queues::mended(store::QueueId id, shm::ClientId client) {
    auto found = queues_.find(id);
    if (found == queues_.end() || found->second.leaving.erase(client) == 0) return;
    drop_if_over(found->second);
}

std::vector<const Queue*> Queues::visible_to(const Caller& caller, const IsInGroup& is_in_group,
                                             std::string_view after, std::size_t limit) const {
    std::vector<const Queue*> visible;
    for (auto at = names_.upper_bound(after); at != names_.end() && visible.size() < limit; ++at)
        if (auto queue = look(at->first, caller, is_in_group)) visible.push_back(*queue);
    return visible;
}

std::vector<const Queue*> Queues::all() const {
    std::vector<const Queue*> all;
    for (const auto& [id, queue] : queues_)
        if (!queue.is_destroyed) all.push_back(&queue);
    return all;
}

void Queues::inspect(std::span<const store::QueueRow> rows, store::QueueId last,
                     Findings& findings) {
    for (const auto& row : rows) {
        const auto add = [&](const std::string& detail) {
            findings.add("queues", quoted(row.name), detail);
        };
        if (!is_possible(row))
            add("it is on disk with room for " + std::to_string(row.capacity) + " messages of " +
                std::to_string(row.message_size.count) +
                " bytes, which no queue has; it is not used");
        if ((row.mode & ~mode_bits) != 0)
            add("its mode on disk has other bits than 0666: " + std::to_string(row.mode));
        if (row.id > last)
            add("its number on disk is " + std::to_string(row.id) + ", and " +
                std::to_string(last) + " was given last");
        if (!check_name(row.name)) add("it is on disk under a name that no queue has");
    }
}

const Queue* Queues::find(store::QueueId id) const {
    auto found = queues_.find(id);
    return found == queues_.end() || found->second.is_destroyed ? nullptr : &found->second;
}

}  // namespace ccd::service
