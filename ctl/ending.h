// The end of jobs, as the daemon tells it.
//
// The question is asked once and answered when the jobs have ended. A daemon that goes away in
// between takes no job with it, so the question is put to its successor, for about half a minute.
#pragma once

#include <optional>

#include "ctl/session.h"

namespace ccd::ctl {

class Ending {
public:
    // Waits as long as `--timeout` says, else for ever.
    static Result<Ending> ask(const Session& session, job::WaitRequest request);

    // As a further request of a client that has more to receive. REQUIRES: `msgid` was sent on
    // `client` as a job::Wait with `request`.
    Ending(const Session& session, job::WaitRequest request, client::Client client,
           std::uint64_t msgid);

    Result<job::JobsReply> wait();

    // Without waiting; none: not yet.
    Result<std::optional<job::JobsReply>> check();

    // Readable when check may have an answer; it changes when the daemon does.
    int descriptor() const { return client_.descriptor(); }

    // How long `--timeout` still allows.
    std::optional<Millis> time_left() const;

private:
    Result<void> ask_again(const Error& error);

    const Session& session_;
    job::WaitRequest request_;
    client::Client client_;
    std::uint64_t msgid_;
    client::Deadline deadline_;
};

// What ccctl exits with for a job that has ended: the job's own code, 128 and the signal, or,
// where its program never said anything, a code of ours.
int exit_code_of(const job::View& job);

// 0 if all that have ended succeeded, else 1.
int exit_code_of(const std::vector<job::View>& jobs);

}  // namespace ccd::ctl
