#include "ctl/logs.h"

#include <unistd.h>

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
Result<void> wait_for_start(const Session& session, job::Id id) {
    auto client = CCD_TRY(session.connect(session.call_timeout()));
    auto events = CCD_TRY(client.send<job::Events>({.job = id}));
    auto status = CCD_TRY(client.call<job::Status>({.ids = {id}}));
    if (status.jobs.empty())
        return failure(Errc::not_found, "there is no job " + std::to_string(id));
    client.set_timeout(session.globals.timeout);
    for (auto state = status.jobs.front().state; !has_begun(state);) {
        auto event = CCD_TRY(client.receive_item<job::Events>(events));
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
    auto client = CCD_TRY(session.connect(session.call_timeout()));
    CCD_TRY(client.call<job::Logs>(parsed.request));
    auto log = CCD_TRY(open_log(client, parsed));
    return log.copy_to(STDOUT_FILENO);
}

Result<job::View> job_of(job::JobsReply reply) {
    if (reply.jobs.empty()) return failure(Errc::internal, "the daemon did not say how it ended");
    return std::move(reply.jobs.front());
}

}  // namespace

Result<job::View> follow_logs(const Session& session, const Parsed<job::Logs>& parsed) {
    CCD_TRY(wait_for_start(session, parsed.request.id));
    auto client = CCD_TRY(session.connect(session.call_timeout()));
    job::WaitRequest until{.ids = {parsed.request.id}};
    auto logs = CCD_TRY(client.send<job::Logs>(parsed.request));
    auto wait = CCD_TRY(client.send<job::Wait>(until));
    auto answer = client.receive<job::Logs>(logs);
    if (!answer) {
        // A job that ended before its first attempt has printed nothing.
        if (answer.error().code != Errc::conflict || parsed.request.attempt)
            return tl::unexpected{answer.error()};
        auto ended = CCD_TRY(client.receive<job::Wait>(wait));
        auto job = CCD_TRY(job_of(std::move(ended)));
        if (job.attempt == 0) return job;
        return tl::unexpected{answer.error()};
    }
    auto log = CCD_TRY(open_log(client, parsed));
    Ending ending{session, std::move(until), std::move(client), wait};
    FileWatch watch{log.descriptor()};
    for (;;) {
        // First whether it has ended, then what it printed: so nothing printed is missed.
        auto ended = CCD_TRY(ending.check());
        CCD_TRY(log.copy_to(STDOUT_FILENO));
        if (ended) return job_of(*std::move(ended));
        watch.wait(ending.descriptor(), ending.time_left());
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
