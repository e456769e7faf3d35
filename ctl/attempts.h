// Which attempts of a job have begun and which are over, as its events tell.
//
// Attempts follow each other, so two counts say it all. Both only grow, so it does no harm to hear
// of something late or twice.
//
// Owner: an Ending, which lends it the connection.
#pragma once

#include <cstdint>

#include "ccd/job.h"
#include "lib/client/client.h"

namespace ccd::ctl {

class Attempts {
public:
    explicit Attempts(job::Id job) : job_(job) {}

    // On a new connection: from here on it tells what happens, and what has happened before.
    Result<void> subscribe(client::Client& client);

    // Takes in what has come, without waiting. `unreachable` where something is missing, which a
    // new connection will tell. REQUIRES: it is subscribed on this connection.
    Result<void> listen(client::Client& client);

    void note(job::State state, std::uint32_t attempt);

    // So many have or may have an output; of so many it grows no more.
    std::uint32_t begun() const { return begun_; }
    std::uint32_t over() const { return over_; }
    // The last that had begun when the job was first asked for, or the one to come; 0: it was not.
    std::uint32_t first() const { return first_; }
    // The job has ended; there may be more only where it is tried again by hand.
    bool have_ended() const { return have_ended_; }

private:
    job::Id job_;
    std::uint64_t events_ = 0;  // the request's number
    std::uint32_t begun_ = 0;
    std::uint32_t over_ = 0;
    std::uint32_t first_ = 0;
    bool have_ended_ = false;
};

}  // namespace ccd::ctl
