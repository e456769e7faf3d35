#include "daemon/service/service.h"

#include <algorithm>

namespace ccd::service {
namespace {

constexpr std::string_view draining_setting = "draining";

// The store is tried again about as often.
constexpr Millis usual_patience{1'000};

}  // namespace

Service::Service(JobsConfig jobs_config, LedgerConfig ledger_config, QueuesConfig queues_config)
    : ledger(std::move(ledger_config)),
      events(decisions_),
      jobs(std::move(jobs_config), decisions_, ledger, events),
      waits(decisions_, jobs),
      history(decisions_, jobs, events),
      check(decisions_, last_committed_, jobs, history),
      queues(queues_config, decisions_) {}

Service::~Service() = default;

void Service::load(store::Snapshot snapshot, Now now) {
    auto is_draining = std::ranges::any_of(snapshot.settings, [](const auto& setting) {
        return setting.name == draining_setting && setting.value == "1";
    });
    store_is_down(
        {.code = Errc::storage_unavailable, .message = "what is on record is being read"});
    events.load(snapshot.last_event, snapshot.pruned_event);
    queues.load(std::move(snapshot.queues), snapshot.last_queue);
    jobs.load(std::move(snapshot), now);
    jobs.set_draining(is_draining);
}

void Service::loaded(Now now) {
    jobs.loaded();
    waits.load();
    history.load(now);
    down_.reset();
}

std::optional<Time> Service::tick(Now now) {
    auto next = events.tick(now);
    if (!is_store_up()) return next;
    auto sooner = [&next](std::optional<Time> time) {
        if (time && (!next || *time < *next)) next = time;
    };
    sooner(jobs.tick(now));
    waits.ended(jobs.take_ended());
    sooner(history.tick(now));
    return next;
}

Decisions Service::take(store::BatchId next) {
    Decisions taken{.batch_id = next};
    std::swap(taken, decisions_);
    return taken;
}

void Service::committed(store::BatchId batch) {
    last_committed_ = batch;
    jobs.committed(batch);
    events.committed(batch);
    queues.committed(batch);
}

void Service::set_draining(bool draining) {
    if (draining == jobs.is_draining()) return;
    jobs.set_draining(draining);
    decisions_.batch.add(
        store::SettingWrite{.name = std::string{draining_setting}, .value = draining ? "1" : "0"});
}

void Service::store_is_down(Error why) {
    check.interrupt(why);
    queues.interrupt(why);
    down_ = std::move(why);
    drop_undone();
}

// Nothing that is not on disk is acted on; but who asked something is answered.
void Service::drop_undone() {
    decisions_.batch = {};
    std::erase_if(decisions_.effects, waits_for_commit);
}

std::vector<job::Blocker> Service::blockers(const Job& job, Now now) const {
    auto blockers = jobs.blockers(job, now);
    if (down_ && job.state() == job::State::queued)
        blockers.insert(blockers.begin(), {"storage", "no job is started: " + down_->message});
    return blockers;
}

Result<void> Service::check_store() const {
    if (!down_) return {};
    // What was under way when it went down may be on disk; this is not.
    return tl::unexpected{
        Error{.code = Errc::storage_unavailable,
              .message = "nothing was changed, for the store is out: " + down_->message,
              .retry_after = down_->retry_after.value_or(usual_patience)}};
}

void Service::forget(std::uint64_t connection) {
    events.forget(connection);
    waits.forget(connection);
    check.forget(connection);
}

}  // namespace ccd::service
