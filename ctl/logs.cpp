#include "ctl/logs.h"

#include <unistd.h>

#include <algorithm>

#include "ctl/ending.h"
#include "ctl/file_watch.h"
#include "ctl/log_file.h"

namespace ccd::ctl {
namespace {

bool has_begun(job::State state) {
    return state == job::State::running || job::is_final(state);
}

// Asks for the events first and then for the state, so that a start in between is not missed. The
// connection goes with the subscription.
Result<void> wait_for_start(const Session& session, client::Client client, job::Id id) {
    auto events = CCD_TRY(client.send<job::Events>({.job = id}));
    auto status = CCD_TRY(client.call<job::Status>({.ids = {id}}));
    if (status.jobs.empty())
        return failure(Errc::not_found, "there is no job " + std::to_string(id));
    for (auto state = status.jobs.front().state; !has_begun(state);) {
        client.set_timeout(session.time_left());
        auto event = CCD_TRY(client.receive_item<job::Events>(events));
        if (session.time_left() == Millis{0}) return tl::unexpected{not_ended_in_time()};
        if (!event) return failure(Errc::unreachable, "the daemon has ended the events");
        if (event->job == id && event->to) state = *event->to;
    }
    return {};
}

// The log's descriptor came with the reply that has just been received.
Result<LogFile> open_log(client::Client& client, const Parsed<job::Logs>& parsed) {
    auto descriptors = client.take_descriptors();
    if (descriptors.empty())
        return failure(Errc::internal, "the daemon sent no descriptor of the output");
    LogFile log{std::move(descriptors.front())};
    if (parsed.local.tail) CCD_TRY(log.seek_tail(*parsed.local.tail));
    return log;
}

Result<void> show_logs(const Session& session, const Parsed<job::Logs>& parsed) {
    auto client = CCD_TRY(session.connect());
    CCD_TRY(client.call<job::Logs>(parsed.request));
    auto log = CCD_TRY(open_log(client, parsed));
    return log.copy_to(STDOUT_FILENO);
}

Result<job::View> job_of(job::JobsReply reply) {
    if (reply.jobs.empty()) return failure(Errc::internal, "the daemon did not say how it ended");
    return std::move(reply.jobs.front());
}

// What is followed: the output of a job and its end.
struct Followed {
    Ending ending;
    Result<LogFile> log;  // refused: it may never have begun
};

// Whether the refusal of an output may only say that no attempt has begun.
bool may_have_none(const Error& error, const Parsed<job::Logs>& parsed) {
    auto is_absent = error.code == Errc::conflict || error.code == Errc::not_found;
    return is_absent && !parsed.request.attempt;
}

// Once the job has begun. `tries` begin anew where a daemon is there; `unreachable`: it went away.
Result<Followed> open_once(const Session& session, const Parsed<job::Logs>& parsed,
                           std::optional<Tries>& tries) {
    auto first = CCD_TRY(tries ? reconnect(session) : session.connect());
    tries.emplace();
    CCD_TRY(wait_for_start(session, std::move(first), parsed.request.id));
    auto client = CCD_TRY(reconnect(session));
    job::WaitRequest until{.ids = {parsed.request.id}};
    auto logs = CCD_TRY(client.send<job::Logs>(parsed.request));
    auto wait = CCD_TRY(client.send<job::Wait>(until));
    auto answer = client.receive<job::Logs>(logs);
    if (!answer && !may_have_none(answer.error(), parsed)) return tl::unexpected{answer.error()};
    auto log = answer ? open_log(client, parsed) : Result<LogFile>{tl::unexpected{answer.error()}};
    return Followed{Ending{session, std::move(until), std::move(client), wait}, std::move(log)};
}

// A daemon that goes away meanwhile is waited for; one that never was there is not.
Result<Followed> open_followed(const Session& session, const Parsed<job::Logs>& parsed) {
    for (std::optional<Tries> tries;;) {
        auto followed = open_once(session, parsed, tries);
        if (followed || !tries) return followed;
        auto code = followed.error().code;
        if (info_of(code).may_retry && session.time_left() == Millis{0})
            return tl::unexpected{not_ended_in_time()};
        auto delay = code == Errc::unreachable ? tries->next() : std::nullopt;
        if (!delay) return followed;
        wait_for(-1, std::min(session.time_left().value_or(*delay), *delay));
    }
}

}  // namespace

Result<job::View> follow_logs(const Session& session, const Parsed<job::Logs>& parsed) {
    auto [ending, log] = CCD_TRY(open_followed(session, parsed));
    if (!log) {
        // A job that ended before an attempt of it began has printed nothing.
        if (!may_have_none(log.error(), parsed)) return tl::unexpected{log.error()};
        auto ended = CCD_TRY(ending.wait());
        auto job = CCD_TRY(job_of(std::move(ended)));
        if (!job.started_at) return job;
        return tl::unexpected{log.error()};
    }
    FileWatch watch{log->descriptor()};
    for (;;) {
        // First whether it has ended, then what it printed: so nothing printed is missed, not even
        // where the daemon stays away.
        auto ended = ending.check();
        CCD_TRY(log->copy_to(STDOUT_FILENO));
        if (!ended) return tl::unexpected{ended.error()};
        if (*ended) return job_of(**std::move(ended));
        watch.wait(ending.descriptor(), ending.time_to_step());
    }
}

int run(job::Logs, const Session& session, const Parsed<job::Logs>& parsed) {
    if (parsed.local.follow) {
        auto job = follow_logs(session, parsed);
        return job ? 0 : session.fail(job.error());
    }
    auto shown = show_logs(session, parsed);
    return shown ? 0 : session.fail(shown.error());
}

}  // namespace ccd::ctl
