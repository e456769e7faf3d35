#include "ctl/logs.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>

#include "ctl/ending.h"
#include "ctl/file_watch.h"
#include "ctl/log_file.h"

namespace ccd::ctl {
namespace {

// The log's descriptor comes with the reply.
Result<LogFile> open_log(client::Client& client, const job::LogsRequest& request) {
    CCD_TRY(client.call<job::Logs>(request));
    auto descriptors = client.take_descriptors();
    if (descriptors.empty())
        return failure(Errc::internal, "the daemon sent no descriptor of the output");
    return LogFile{std::move(descriptors.front())};
}

Result<void> show_logs(const Session& session, const Parsed<job::Logs>& parsed) {
    auto client = CCD_TRY(session.connect());
    auto log = CCD_TRY(open_log(client, parsed.request));
    if (parsed.local.tail) CCD_TRY(log.seek_tail(*parsed.local.tail));
    return log.copy_to(STDOUT_FILENO);
}

Result<LogFile> open_log_anew(const Session& session, const job::LogsRequest& request) {
    auto client = CCD_TRY(reconnect(session));
    return open_log(client, request);
}

// A daemon that is away is waited for, for it has been there.
Result<LogFile> await_log(const Session& session, const job::LogsRequest& request) {
    for (Tries tries;;) {
        auto log = open_log_anew(session, request);
        bool is_away = !log && log.error().code == Errc::unreachable;
        auto delay = is_away ? tries.next() : std::nullopt;
        if (!delay || session.time_left() == Millis{0}) return log;
        wait_for(-1, std::min(session.time_left().value_or(*delay), *delay));
    }
}

Result<job::View> job_of(job::JobsReply reply) {
    if (reply.jobs.empty()) return failure(Errc::internal, "the daemon did not say how it ended");
    return std::move(reply.jobs.front());
}

// Which attempts of a job are shown.
struct Followed {
    job::Id job = 0;
    std::optional<std::uint32_t> first;  // none: the last that has begun when it is asked for
    std::optional<std::uint32_t> last;   // none: the job's last
    std::optional<std::uint64_t> tail;   // so many lines of the first, and all that follows
};

// Shows one attempt after the other.
class Follower {
public:
    Follower(const Session& session, const Followed& followed, Ending ending)
        : session_(session), followed_(followed), ending_(std::move(ending)) {}

    // Until the job has ended: gives it then; or until the last of the attempts is over.
    Result<std::optional<job::View>> run();

private:
    bool is_over() const {
        return log_ && followed_.last && ending_.attempts().over() >= *followed_.last;
    }
    Result<void> show_attempts();
    Result<void> open(std::uint32_t attempt);
    Result<job::View> conclude(job::JobsReply reply);
    void wait();

    const Session& session_;
    const Followed followed_;
    Ending ending_;
    std::optional<std::uint32_t> next_;  // attempt to be opened
    std::optional<LogFile> log_;         // of the last that was
    std::optional<FileWatch> watch_;
    std::optional<Error> refusal_;  // of an output that is not there
};

Result<std::optional<job::View>> Follower::run() {
    for (;;) {
        // First what is over, then what it printed: so nothing printed is missed, not even where
        // the daemon stays away.
        auto ended = ending_.check();
        if (log_) CCD_TRY(log_->copy_to(STDOUT_FILENO));
        if (!ended) return tl::unexpected{ended.error()};
        CCD_TRY(show_attempts());
        if (*ended) return CCD_TRY(conclude(**std::move(ended)));
        if (is_over()) return std::optional<job::View>{};
        wait();
    }
}

// Those that have begun since; the one before each is over and shown.
Result<void> Follower::show_attempts() {
    const auto& attempts = ending_.attempts();
    if (attempts.first() == 0) return {};
    if (!next_) next_ = followed_.first.value_or(attempts.first());
    while (*next_ <= std::min(attempts.begun(), followed_.last.value_or(attempts.begun()))) {
        CCD_TRY(open((*next_)++));
        if (log_) CCD_TRY(log_->copy_to(STDOUT_FILENO));
    }
    return {};
}

// One that never ran may have none: where nobody has asked for this one, that is no failure yet.
Result<void> Follower::open(std::uint32_t attempt) {
    auto log = await_log(session_, {.id = followed_.job, .attempt = attempt});
    bool is_absent = !log && log.error().code == Errc::not_found;
    if (is_absent && !followed_.last) {
        refusal_ = std::move(log.error());
        return {};
    }
    if (!log) return tl::unexpected{std::move(log.error())};
    // Standard output is the job's.
    if (log_)
        session_.remark("attempt " + std::to_string(attempt));
    else if (followed_.tail)
        CCD_TRY(log->seek_tail(*followed_.tail));
    log_.emplace(*std::move(log));
    watch_.emplace(log_->descriptor());
    return {};
}

Result<job::View> Follower::conclude(job::JobsReply reply) {
    auto job = CCD_TRY(job_of(std::move(reply)));
    if (log_) return job;
    // The attempt that was asked for never came, as the daemon will say.
    if (followed_.last) CCD_TRY(open(*followed_.last));
    // A job that ended before an attempt of it began has printed nothing.
    if (refusal_ && job.started_at) return tl::unexpected{*std::move(refusal_)};
    return job;
}

void Follower::wait() {
    if (watch_)
        watch_->wait(ending_.descriptor(), ending_.time_to_step());
    else
        wait_for(ending_.descriptor(), ending_.time_to_step());
}

Result<std::optional<job::View>> follow(const Session& session, const Followed& followed) {
    auto ending = CCD_TRY(Ending::ask_with_attempts(session, followed.job));
    auto ended = Follower{session, followed, std::move(ending)}.run();
    if (!ended && info_of(ended.error().code).may_retry && session.time_left() == Millis{0})
        return tl::unexpected{not_ended_in_time()};
    return ended;
}

}  // namespace

Result<job::View> follow_job(const Session& session, job::Id job) {
    auto ended = CCD_TRY(follow(session, {.job = job, .first = 1}));
    assert(ended.has_value());  // for there is no last attempt
    return *std::move(ended);
}

int run(job::Logs, const Session& session, const Parsed<job::Logs>& parsed) {
    const auto& [request, local] = parsed;
    if (session.globals.json)
        return session.fail({.code = Errc::bad_request,
                             .message = "what a job has printed is raw bytes, shown as they are "
                                        "and never as JSON: leave --json out"});
    if (!local.follow) {
        auto shown = show_logs(session, parsed);
        return shown ? 0 : session.fail(shown.error());
    }
    auto ended = follow(
        session,
        {.job = request.id, .first = request.attempt, .last = request.attempt, .tail = local.tail});
    return ended ? 0 : session.fail(ended.error());
}

}  // namespace ccd::ctl
