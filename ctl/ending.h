// The end of jobs, as the daemon tells it.
//
// The question is asked once and answered when the jobs have ended. A daemon that goes away in
// between takes no job with it, so the question is put to its successor, for about half a minute.
#pragma once

#include <optional>

#include "ctl/attempts.h"
#include "ctl/session.h"
#include "ctl/tries.h"

namespace ccd::ctl {

class Ending {
public:
    // Refuses where no daemon is to begin with.
    static Result<Ending> ask(const Session& session, job::WaitRequest request);

    // Of one job, whose attempts are told until then.
    static Result<Ending> ask_with_attempts(const Session& session, job::Id job);

    // REQUIRES: it was asked with them.
    const Attempts& attempts() const { return *attempts_; }

    // Until the jobs have ended, the time of `--timeout` is over, or the daemon stays away.
    Result<job::JobsReply> wait();

    // One step of that, which waits for no end; none: not yet.
    Result<std::optional<job::JobsReply>> check();

    // Asks something else on the same connection. `unreachable` while the daemon is away.
    template <client::Once Command>
    Result<typename Command::Reply> ask_beside(const typename Command::Request& request) {
        if (next_try_) return failure(Errc::unreachable, "the daemon is away");
        client_.set_timeout(session_.call_timeout());
        return client_.template call<Command>(request);
    }

    // The next step is due when this is readable or so much time is over; none: whenever.
    int descriptor() const { return next_try_ ? -1 : client_.descriptor(); }
    std::optional<Millis> time_to_step() const;

private:
    Ending(const Session& session, job::WaitRequest request, client::Client client);

    Result<std::optional<job::JobsReply>> look();
    Result<void> put_question();

    const Session& session_;
    job::WaitRequest request_;
    client::Client client_;
    std::optional<std::uint64_t> msgid_;  // none: it was not asked yet
    std::optional<Attempts> attempts_;
    Tries tries_;
    client::Deadline next_try_;  // while the daemon is away
};

// The time of `--timeout` is over before the jobs are.
Error not_ended_in_time();

// Once more to a daemon that was there. It is `unreachable` while it does not take us, whatever the
// reason: one that starts may not have given its socket to everybody yet.
Result<client::Client> reconnect(const Session& session);

// What ccctl exits with for a job that has ended: the job's own code, 128 and the signal, or,
// where its program never said anything, a code of ours.
int exit_code_of(const job::View& job);

// 0 if all that have ended succeeded, else 1.
int exit_code_of(const std::vector<job::View>& jobs);

}  // namespace ccd::ctl
