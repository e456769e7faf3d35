#include "daemon/store/events.h"

#include <algorithm>
#include <limits>

namespace ccd::store {

Result<Events> Events::prepare(sqlite3* connection) {
    Events events;
    events.insert_ = CCD_TRY(Statement::prepare(
        connection,
        "insert into event (seq, time, job, from_state, to_state, attempt, reason, gap)"
        " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    events.last_ = CCD_TRY(Statement::prepare(connection, "select ifnull(max(seq), 0) from event"));
    events.page_ = CCD_TRY(Statement::prepare(
        connection,
        "select seq, time, job, from_state, to_state, attempt, reason, gap,"
        " case when ?2 then (select uid from job where id = event.job) end from event"
        " where seq > ?1 order by seq"));
    events.oldest_ = CCD_TRY(
        Statement::prepare(connection, "select seq, time from event order by seq limit ?1"));
    events.erase_ = CCD_TRY(Statement::prepare(connection, "delete from event where seq <= ?1"));
    return events;
}

Result<void> Events::insert(const job::Event& event) {
    Statement::Run run = insert_.run();
    CCD_TRY(run.bind(event.seq, event.time, event.job, event.from, event.to, event.attempt,
                     event.reason, event.gap));
    return run.finish();
}

Result<std::uint64_t> Events::last_seq() {
    Statement::Run run = last_.run();
    CCD_TRY(run.step());
    std::uint64_t last = 0;
    CCD_TRY(run.read(last));
    return last;
}

Result<Answer> Events::page(const EventPage& query, std::uint32_t budget) {
    constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

    Answer answer;
    Statement::Run run = page_.run();
    const std::uint64_t since = std::min(query.since, last);
    CCD_TRY(run.bind(since, query.filter.uid.has_value()));
    answer.next = since;
    for (std::uint32_t seen = 0; CCD_TRY(run.step()); ++seen) {
        if (seen == budget || answer.events.size() >= query.limit) {
            answer.is_partial = true;
            break;
        }
        job::Event event;
        std::optional<std::uint32_t> owner;
        CCD_TRY(run.read(event.seq, event.time, event.job, event.from, event.to, event.attempt,
                         event.reason, event.gap, owner));
        answer.next = event.seq;
        if (query.filter.takes(event, owner)) answer.events.push_back(std::move(event));
    }
    return answer;
}

Result<void> Events::expired(const Expired& query, std::uint32_t budget, Answer& answer) {
    Statement::Run run = oldest_.run();
    CCD_TRY(run.bind(budget));
    std::uint32_t seen = 0;
    for (; CCD_TRY(run.step()); ++seen) {
        std::uint64_t seq = 0;
        WallTime time{};
        CCD_TRY(run.read(seq, time));
        if (time > query.now) continue;
        if (time >= query.before) {
            answer.oldest_kept = std::min(time, answer.oldest_kept.value_or(time));
            return {};
        }
        answer.expired_event = seq;
    }
    // Only where something goes will there be others the next time.
    if (seen == budget && answer.expired_event > 0) answer.is_partial = true;
    return {};
}

Result<void> Events::erase_through(std::uint64_t seq) {
    Statement::Run run = erase_.run();
    CCD_TRY(run.bind(seq));
    return run.finish();
}

}  // namespace ccd::store
