// The life of a job.
//
//   held <--> queued --> starting --> running --> succeeded | failed | timed-out | lost
//              ^  ^         |            |
//              |  '---------+            |        any state left of these --> cancelled,
//              '------- retrying <-------'        but `starting` by way of `running` or `queued`
//
// A job that has ended goes back to `queued` only by hand. One that waits for others fails where it
// stands, `held` or `queued`, when what it waits for can never come.
//
// The table below is the whole rule; anything it does not list is refused. `starting` is on disk
// before anything is started, so that after a crash it is known what to look for.
#pragma once

#include <array>
#include <initializer_list>

#include "ccd/job.h"

namespace ccd::service {

struct Transition {
    job::State from;
    job::State to;
    std::string_view why;
};

inline constexpr std::array transitions{
    Transition{job::State::held, job::State::queued, "released"},
    Transition{job::State::held, job::State::cancelled, "cancelled while held"},
    Transition{job::State::held, job::State::failed, "can never start"},
    Transition{job::State::queued, job::State::held, "held back"},
    Transition{job::State::queued, job::State::starting, "there is room for it"},
    Transition{job::State::queued, job::State::cancelled, "cancelled while waiting"},
    Transition{job::State::queued, job::State::failed, "can never start"},
    Transition{job::State::starting, job::State::running, "its program was executed"},
    Transition{job::State::starting, job::State::failed, "its program could not be executed"},
    Transition{job::State::starting, job::State::queued, "it never began"},
    Transition{job::State::starting, job::State::retrying, "it will be tried again"},
    Transition{job::State::starting, job::State::lost, "nobody can know whether it began"},
    Transition{job::State::running, job::State::succeeded, "exit code 0"},
    Transition{job::State::running, job::State::failed, "another exit code, or a signal"},
    Transition{job::State::running, job::State::cancelled, "ended by us, as somebody asked"},
    Transition{job::State::running, job::State::timed_out, "ended by us, out of time"},
    Transition{job::State::running, job::State::lost, "nobody can know how it ended"},
    Transition{job::State::running, job::State::retrying, "it will be tried again"},
    Transition{job::State::retrying, job::State::queued, "its back-off is over"},
    Transition{job::State::retrying, job::State::cancelled, "cancelled between attempts"},
    Transition{job::State::succeeded, job::State::queued, "tried again by hand"},
    Transition{job::State::failed, job::State::queued, "tried again by hand"},
    Transition{job::State::cancelled, job::State::queued, "tried again by hand"},
    Transition{job::State::timed_out, job::State::queued, "tried again by hand"},
    Transition{job::State::lost, job::State::queued, "tried again by hand"},
};

constexpr bool may_follow(job::State from, job::State to) {
    for (const auto& row : transitions)
        if (row.from == from && row.to == to) return true;
    return false;
}

}  // namespace ccd::service
