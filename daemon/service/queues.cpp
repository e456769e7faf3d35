#include "daemon/service/queues.h"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace ccd::service {
namespace {

constexpr std::uint32_t may_get = 4;
constexpr std::uint32_t may_put = 2;

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
    if (error != std::errc{} || stop != end || (mode & ~0666U) != 0)
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
        return failure(
            Errc::bad_request,
            "a message has 1 to " + std::to_string(shm::message_limit >> 20) + " MiB at most");
    return store::QueueRow{.name = request.name,
                           .uid = caller.uid,
                           .gid = caller.gid,
                           .mode = CCD_TRY(read_mode(request.mode)),
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
    memory_of_user_.clear();
    users_of_uid_.clear();
    memory_ = {};
    users_ = 0;
    last_ = last;
    for (auto& row : rows) {
        if (!shm::is_possible(shape_of(row))) continue;  // by an administrator's hand
        Queue queue{.row = std::move(row)};
        if (auto known = before.extract(queue.row.id)) {
            queue.users = std::move(known.mapped().users);
            queue.leaving = std::move(known.mapped().leaving);
        }
        add(std::move(queue));
    }
    for (const auto& [id, queue] : before) decisions_.effects.push_back(CloseQueue{.queue = id});
}

void Queues::add(Queue queue) {
    const auto memory = memory_of(queue.row);
    memory_.count += memory.count;
    memory_of_user_[queue.row.uid].count += memory.count;
    for (const auto& [client, user] : queue.users) ++users_of_uid_[user.uid];
    users_ += queue.users.size();
    names_.emplace(queue.row.name, queue.row.id);
    const auto id = queue.row.id;
    queues_.emplace(id, std::move(queue));
}

void Queues::erase(const Queue& queue) {
    const auto memory = memory_of(queue.row);
    memory_.count -= memory.count;
    auto of_owner = memory_of_user_.find(queue.row.uid);
    of_owner->second.count -= memory.count;
    if (of_owner->second.count == 0) memory_of_user_.erase(of_owner);
    for (const auto& [client, user] : queue.users) forget_user(user.uid);
    names_.erase(queue.row.name);
    queues_.erase(queue.row.id);
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
    if (!owns(caller, queue.row.uid) && rights_of(queue.row, caller, is_in_group) == 0)
        return no_such(name);
    return &queue;
}

Result<void> Queues::check_budget(const store::QueueRow& row, const Caller& caller) const {
    if (queues_.size() >= queue_limit)
        return failure(Errc::over_limit,
                       "there are " + std::to_string(queue_limit) + " queues; destroy some");
    const auto wanted = memory_of(row).count;
    const auto refuse = [&](const char* key, Bytes limit, std::uint64_t used) {
        return failure(Errc::over_limit,
                       quoted(row.name) + " would take " + std::to_string(wanted) +
                           " bytes, and of " + std::to_string(limit.count) + " (" + key + ") " +
                           std::to_string(used) + " are taken; destroy one, or make it smaller");
    };
    if (wanted + memory_.count > config_.max_memory.count)
        return refuse("queues.max_memory", config_.max_memory, memory_.count);
    if (caller.is_admin) return {};
    auto of_user = memory_of_user_.find(caller.uid);
    const auto used = of_user == memory_of_user_.end() ? 0 : of_user->second.count;
    if (wanted + used > config_.max_memory_per_user.count)
        return refuse("queues.max_memory_per_user", config_.max_memory_per_user, used);
    return {};
}

Result<bool> Queues::create(const queue::CreateRequest& request, const Caller& caller,
                            const IsInGroup& is_in_group) {
    auto row = CCD_TRY(row_of(request, caller));
    if (auto known = names_.find(request.name); known != names_.end()) {
        if (!look(request.name, caller, is_in_group))
            return failure(Errc::denied, quoted(request.name) + " belongs to somebody else");
        if (is_same_shape(queues_.at(known->second).row, row)) return false;
        return failure(Errc::conflict, quoted(request.name) +
                                           " is there in another shape: see "
                                           "ccctl queue stat, or destroy it");
    }
    CCD_TRY(check_budget(row, caller));
    row.id = ++last_;
    decisions_.batch.add(row);
    add({.row = std::move(row)});
    return true;
}

Result<std::size_t> Queues::destroy(std::string_view name, const Caller& caller,
                                    const IsInGroup& is_in_group) {
    const auto* queue = CCD_TRY(look(name, caller, is_in_group));
    if (!owns(caller, queue->row.uid))
        return failure(Errc::denied, quoted(name) +
                                         " is for its owner to destroy, or for an "
                                         "administrator");
    const auto users = queue->users.size();
    decisions_.batch.add(store::QueueErase{.id = queue->row.id});
    decisions_.effects.push_back(CloseQueue{.queue = queue->row.id});
    erase(*queue);
    return users;
}

Result<shm::ClientId> Queues::free_number(const Queue& queue, std::uint32_t uid) const {
    auto of_uid = users_of_uid_.find(uid);
    if (users_ >= user_limit || (of_uid != users_of_uid_.end() && of_uid->second >= users_per_uid))
        return failure(Errc::over_limit, "queues are used " + std::to_string(user_limit) +
                                             " times, or " + std::to_string(users_per_uid) +
                                             " times by you; detach somewhere");
    for (shm::ClientId number = 1; number < shm::client_limit; ++number)
        if (!queue.users.contains(number) && !queue.leaving.contains(number)) return number;
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
    ++users_of_uid_[caller.uid];
    ++users_;
    decisions_.effects.push_back(AttachQueue{.ticket = ticket,
                                             .pid = caller.pid,
                                             .uid = caller.uid,
                                             .queue = id,
                                             .client = client,
                                             .use = request.use,
                                             .process = std::move(process)});
    return {};
}

Result<void> Queues::detach(const queue::DetachRequest& request, const Caller& caller) {
    const auto* queue = find(request.queue);
    const auto number = static_cast<shm::ClientId>(request.client);
    const bool is_his = queue != nullptr && number == request.client &&
                        queue->users.contains(number) && queue->users.at(number).pid == caller.pid;
    if (!is_his)
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
    if (found != queues_.end()) found->second.leaving.erase(client);
}

std::vector<const Queue*> Queues::visible_to(const Caller& caller,
                                             const IsInGroup& is_in_group) const {
    std::vector<const Queue*> visible;
    for (const auto& [name, id] : names_)
        if (auto queue = look(name, caller, is_in_group)) visible.push_back(*queue);
    return visible;
}

std::vector<const Queue*> Queues::all() const {
    std::vector<const Queue*> all;
    for (const auto& [id, queue] : queues_) all.push_back(&queue);
    return all;
}

const Queue* Queues::find(store::QueueId id) const {
    auto found = queues_.find(id);
    return found == queues_.end() ? nullptr : &found->second;
}

}  // namespace ccd::service
