// Runs what may block on the loop's pool of threads, and brings the results back to the loop.
//
// A task outlives its owner when the owner goes first; then its result is dropped, and nobody is
// called. So a task may use only what it holds itself.
//
// Owner: whoever asks. Loop thread, except the tasks themselves.
#pragma once

#include <memory>
#include <set>
#include <utility>

#include "daemon/loop/loop.h"

namespace ccd::exec {

class Errands {
public:
    explicit Errands(loop::Loop& loop) : loop_(loop) {}
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;
    ~Errands() {
        for (Slip* slip : under_way_) slip->is_wanted = false;
    }

    // Calls `task()` on a thread of the pool, then `on_result(result)` on the loop.
    template <class Task, class OnResult>
    void run(Task task, OnResult on_result) {
        auto slip = std::make_unique<Slip>();
        under_way_.insert(slip.get());
        loop_.work(std::move(task),
                   [this, slip = std::move(slip), on_result = std::move(on_result)](auto value) {
                       if (!slip->is_wanted) return;
                       under_way_.erase(slip.get());
                       on_result(std::move(value));
                   });
    }

private:
    // Goes with a task, and knows whether we are still there.
    struct Slip {
        bool is_wanted = true;
    };

    loop::Loop& loop_;
    std::set<Slip*> under_way_;
};

}  // namespace ccd::exec
