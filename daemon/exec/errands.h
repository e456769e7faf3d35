// Runs what may block on the loop's pool of threads, and brings the results back to the loop.
//
// A task outlives its owner when the owner goes first; then its result is dropped, and nobody is
// called. So a task may use only what it holds itself.
//
// Owner: whoever asks. Loop thread, except the tasks themselves.
#pragma once

#include <memory>
#include <utility>

#include "daemon/loop/loop.h"

namespace ccd::exec {

class Errands {
public:
    explicit Errands(loop::Loop& loop) : loop_(loop) {}

    // Calls `task()` on a thread of the pool, then `on_result(result)` on the loop.
    template <class Task, class OnResult>
    void run(Task task, OnResult on_result) {
        loop_.work(std::move(task), [on_result = std::move(on_result),
                                     is_wanted = std::weak_ptr<bool>(is_alive_)](auto value) {
            if (!is_wanted.expired()) on_result(std::move(value));
        });
    }

private:
    loop::Loop& loop_;
    std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // has one owner: this
};

}  // namespace ccd::exec
