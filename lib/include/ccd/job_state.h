// Where a job is in its life, of what class it is, and how its attempts end.
#pragma once

#include <array>
#include <cstdint>

#include "ccd/field.h"

namespace ccd::job {

using Id = std::uint64_t;

// See daemon/service/transitions.h for which may follow which.
enum class State : std::uint8_t {
    held,       // waits until it is released by hand
    queued,     // waits for cards, slots or other jobs
    starting,   // about to be started: promised on disk, perhaps not yet alive
    running,    // alive
    retrying,   // ended, waits to be queued again
    succeeded,  // exit code 0
    failed,     // another exit code, a signal, or it could not be started
    cancelled,  // ended because somebody asked
    timed_out,  // ended because its time limit was over
    lost,       // nobody can know how it ended
};

inline constexpr std::array state_table{
    Enumerator{State::held, "held"},           Enumerator{State::queued, "queued"},
    Enumerator{State::starting, "starting"},   Enumerator{State::running, "running"},
    Enumerator{State::retrying, "retrying"},   Enumerator{State::succeeded, "succeeded"},
    Enumerator{State::failed, "failed"},       Enumerator{State::cancelled, "cancelled"},
    Enumerator{State::timed_out, "timed-out"}, Enumerator{State::lost, "lost"},
};
constexpr const auto& enumerators(State) {
    return state_table;
}

constexpr bool is_final(State state) {
    return state >= State::succeeded;
}
// It has not begun, or is to begin anew.
constexpr bool is_waiting(State state) {
    return state == State::held || state == State::queued;
}
// Somebody may be at it.
constexpr bool is_alive(State state) {
    return state == State::starting || state == State::running;
}

enum class Class : std::uint8_t { training, inference, cpu };

inline constexpr std::array class_table{
    Enumerator{Class::training, "training"},
    Enumerator{Class::inference, "inference"},
    Enumerator{Class::cpu, "cpu"},
};
constexpr const auto& enumerators(Class) {
    return class_table;
}

// What kind of end an attempt had.
enum class End : std::uint8_t {
    exit,           // its program returned
    signal,         // a signal ended it
    out_of_memory,  // its memory limit, or the machine was out of memory
    time_limit,     // its time limit
    not_started,    // its program could not be executed
    lost,           // nobody can know
    cancelled,      // somebody asked
};

inline constexpr std::array end_table{
    Enumerator{End::exit, "exit"},
    Enumerator{End::signal, "signal"},
    Enumerator{End::out_of_memory, "out-of-memory"},
    Enumerator{End::time_limit, "time-limit"},
    Enumerator{End::not_started, "not-started"},
    Enumerator{End::lost, "lost"},
    Enumerator{End::cancelled, "cancelled"},
};
constexpr const auto& enumerators(End) {
    return end_table;
}

// What an attempt is tried again after: a state it would end in, or one class of its ends.
enum class RetryOn : std::uint8_t {
    failed,
    timed_out,
    lost,
    exit,
    signal,
    out_of_memory,
    not_started,
};

inline constexpr std::array retry_on_table{
    Enumerator{RetryOn::failed, "failed"},
    Enumerator{RetryOn::timed_out, "timed-out"},
    Enumerator{RetryOn::lost, "lost"},
    Enumerator{RetryOn::exit, "exit"},
    Enumerator{RetryOn::signal, "signal"},
    Enumerator{RetryOn::out_of_memory, "out-of-memory"},
    Enumerator{RetryOn::not_started, "not-started"},
};
constexpr const auto& enumerators(RetryOn) {
    return retry_on_table;
}

}  // namespace ccd::job
