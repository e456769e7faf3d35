#include "tests/stress/torture/torturer.h"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include "ccd/job_change.h"
#include "tests/stress/torture/witness.h"

namespace ccd::stress {
namespace {

using job::State;

// With any one answer, beside waits.
constexpr Millis answer_patience{30'000};
constexpr std::size_t ended_limit = 200;

WallTime wall_clock() {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

bool is_gone(const Error& error) {
    return error.code == Errc::unreachable || error.code == Errc::timeout || !error.confirmed;
}

}  // namespace

Torturer::Torturer(Setup setup, Weather& weather)
    : setup_(std::move(setup)), weather_(weather), random_(setup_.seed * 31 + setup_.number) {}

std::string Torturer::witness_file() const {
    return setup_.directory + "/witness-" + std::to_string(setup_.number);
}

bool Torturer::chance(unsigned percent) {
    return below(100) < percent;
}

std::uint64_t Torturer::below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>{0, limit - 1}(random_);
}

job::Id Torturer::one_of(const std::deque<job::Id>& jobs) {
    return jobs.empty() ? 0 : jobs[below(jobs.size())];
}

Result<void> Torturer::connect() {
    if (client_) return {};
    auto client = client::Client::open(setup_.socket, answer_patience);
    if (!client) {
        starts_seen_ = weather_.wait_for_start(starts_seen_);
        return tl::unexpected{std::move(client.error())};
    }
    client_ = *std::move(client);
    return {};
}

template <client::Once Command>
Result<typename Command::Reply> Torturer::call(const typename Command::Request& request) {
    CCD_TRY(connect());
    ++tally_.operations;
    client_->set_timeout(answer_patience);
    auto began = std::chrono::steady_clock::now();
    auto reply = client_->call<Command>(request);
    if (reply) tally_.latency.record(std::chrono::steady_clock::now() - began);
    if (!reply && is_gone(reply.error())) {
        client_.reset();
        ++tally_.retries;
    }
    return reply;
}

void Torturer::run() {
    while (!weather_.over()) step();
    client_.reset();
}

void Torturer::step() {
    if (unfinished_.size() >= unfinished_limit) return wait_for_some();
    auto kind = below(100);
    if (kind < 45) return submit();
    if (kind < 55) return cancel();
    if (kind < 62) return cancel_waiting();
    if (kind < 70) return set_priority();
    if (kind < 80) return retry();
    if (kind < 92) return look();
    wait_for_some();
}

// Something of everything that leads to some transition.
job::SubmitRequest Torturer::new_request(Entry& entry) {
    entry.name = "t" + std::to_string(setup_.number) + "-" + std::to_string(++entries_);
    auto kind = below(100);
    entry.plan = kind < 8 ? Plan::missing : kind < 16 ? Plan::endless : Plan::codes;
    Millis stay{chance(70) ? 0 : static_cast<Millis::rep>(below(400))};
    if (entry.plan == Plan::endless) stay = Millis{600'000};
    job::SubmitRequest request{
        .argv = witness_command(witness_file(), entry.name, stay), .name = entry.name, .cwd = "/"};
    if (entry.plan == Plan::missing) request.argv = {"/nowhere/that/is"};
    if (entry.plan == Plan::endless) request.time_limit = Millis{50 + below(200)};
    if (chance(50)) request.key = entry.name;
    entry.has_key = request.key.has_value();
    if (chance(30)) {
        request.retries = 1 + static_cast<std::uint32_t>(below(3));
        request.retry_delay = Millis{10 + below(1'500)};
        request.retry_on = {job::RetryOn::failed, job::RetryOn::timed_out, job::RetryOn::lost};
    }
    request.hold = chance(15);
    if (chance(15)) request.begin = wall_clock() + Millis{200 + below(3'000)};
    if (chance(8)) {
        entry.count = 2 + static_cast<std::uint32_t>(below(3));
        request.array = "1-" + std::to_string(entry.count) + (chance(50) ? "%2" : "");
    }
    wait_for(entry, request);
    return request;
}

void Torturer::wait_for(Entry& entry, job::SubmitRequest& request) {
    if (!chance(20)) return;
    auto other = one_of(unfinished_);
    if (other == 0) return;
    entry.has_others = true;
    (chance(70) ? request.after : request.after_any).push_back(other);
}

void Torturer::submit() {
    if (!open_.empty() && chance(50)) {
        auto [at, request] = open_.front();
        open_.erase(open_.begin());
        return ask_for(ledger_[at], request);
    }
    Entry entry;
    auto request = new_request(entry);
    ledger_.push_back(std::move(entry));
    ask_for(ledger_.back(), request);
}

void Torturer::ask_for(Entry& entry, const job::SubmitRequest& request) {
    auto reply = call<job::Submit>(request);
    if (reply) {
        entry.id = reply->id;
        for (std::uint32_t i = 0; i < entry.count; ++i) unfinished_.push_back(reply->id + i);
    } else if (!is_gone(reply.error())) {
        entry.is_refused = true;
        ++tally_.failed;
        if (tally_.first_error.empty()) tally_.first_error = reply.error().message;
    } else if (entry.has_key) {
        open_.emplace_back(&entry - ledger_.data(), request);
    }
}

Entry* Torturer::entry_of(job::Id job) {
    auto found = std::ranges::find_if(ledger_, [job](const Entry& entry) {
        return entry.id && *entry.id <= job && job < *entry.id + entry.count;
    });
    return found == ledger_.end() ? nullptr : &*found;
}

void Torturer::cancel() {
    auto job = one_of(unfinished_);
    auto* entry = entry_of(job);
    if (entry == nullptr) return;
    entry->cancelled.insert(job);
    try_to<job::Cancel>({.ids = {job}, .reason = {}});
}

// Holds one that waits, or lets it go, or ends it where it stands.
void Torturer::cancel_waiting() {
    auto job = one_of(unfinished_);
    auto* entry = entry_of(job);
    if (entry == nullptr) return;
    auto what = below(3);
    if (what == 0) {
        try_to<job::Hold>({.ids = {job}});
    } else if (what == 1) {
        try_to<job::Release>({.ids = {job}});
    } else if (call<job::Hold>({.ids = {job}})) {
        entry->cancelled.insert(job);
        try_to<job::Cancel>({.ids = {job}, .reason = "held for nothing"});
    }
}

void Torturer::set_priority() {
    auto job = one_of(unfinished_);
    auto* entry = entry_of(job);
    if (entry == nullptr || entry->count > 1) return;
    job::SetRequest request{.id = job};
    request.priority = static_cast<std::int32_t>(below(10));
    auto reply = call<job::Set>(request);
    if (reply)
        entry->priority = request.priority;
    else if (is_gone(reply.error()))
        entry->is_priority_open = true;
    if (reply) entry->is_priority_open = false;
}

void Torturer::retry() {
    if (ended_.empty()) return;
    // What is rare stands at the front.
    auto at = chance(50) ? 0 : below(ended_.size());
    auto job = ended_[at];
    auto reply = call<job::Retry>({.ids = {job}, .env = {}});
    // Whether or not it was carried out, it may be waiting again.
    if (!reply && !is_gone(reply.error())) return;
    ended_.erase(ended_.begin() + static_cast<std::ptrdiff_t>(at));
    unfinished_.push_back(job);
}

void Torturer::note_ended(const job::View& view) {
    if (!job::is_final(view.state)) return;
    if (std::erase(unfinished_, view.id) == 0) return;
    // What is wanted is kept for another try by hand.
    auto is_rare = weather_.is_wanted(view.state, State::queued);
    if (is_rare)
        ended_.push_front(view.id);
    else if (chance(20))
        ended_.push_back(view.id);
    if (ended_.size() > ended_limit) ended_.pop_back();
}

void Torturer::look() {
    job::IdsRequest request;
    for (auto job : unfinished_) request.ids.push_back(job);
    if (request.ids.empty()) return;
    auto reply = call<job::Status>(request);
    if (!reply) return;
    for (const auto& view : reply->jobs) note_ended(view);
}

// Of some that may end by themselves, until one has.
void Torturer::wait_for_some() {
    look();
    if (unfinished_.size() < unfinished_limit / 2) return;
    job::IdsRequest all{.ids = {unfinished_.begin(), unfinished_.end()}};
    try_to<job::Release>(all);
    auto reply = call<job::Wait>({.ids = all.ids, .any = true});
    if (!reply) return;
    for (const auto& view : reply->jobs) note_ended(view);
}

Result<void> Torturer::settle() {
    for (auto& [at, request] : std::exchange(open_, {})) {
        auto reply = CCD_TRY(call<job::Submit>(request));
        ledger_[at].id = reply.id;
    }
    return {};
}

}  // namespace ccd::stress
