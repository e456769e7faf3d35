// A process that is run one instruction at a time, and killed or let go on wherever the test likes.
//
// It is forked from the test, and steps are counted from where it says `stop_here`. A system call
// is one instruction, however long it sleeps in it: where it may, it says so before.
//
// Owner: the test. It does not outlive this.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "tests/lib/shm/shared_value.h"

namespace ccd::shm {

class Traced {
public:
    enum class State : std::uint8_t { stopped, asleep, over };

    // Runs `body` as far as its `stop_here`. What it returns is never seen: it then exits.
    explicit Traced(const std::function<void()>& body);
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;
    ~Traced() { kill(); }

    // One instruction, or the rest of the system call in which it sleeps.
    State step();
    // As far as it goes: asleep or over.
    State go_on();
    void kill();

    // Whether it has come to its end by itself, and well.
    bool has_succeeded() const { return state_ == State::over && status_ == 0; }

    // In the body.
    static void stop_here();
    static void set_may_sleep(bool may_sleep);

private:
    State run(int request);
    bool is_asleep() const;

    SharedValue<std::atomic<bool>> may_sleep_;
    pid_t process_ = -1;
    State state_ = State::stopped;
    int status_ = -1;
};

}  // namespace ccd::shm
