// Notes the memory of a process while something else goes on.
//
// Thread: it has one of its own, which ends with it.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/stress/report.h"

namespace ccd::stress {

class MemorySampler {
public:
    explicit MemorySampler(pid_t pid);

    // The samples so far, first to last; no more are taken.
    std::vector<MemorySample> stop();

private:
    void sample(std::stop_token token);

    pid_t pid_;
    std::vector<MemorySample> samples_;  // of the thread, until it has ended
    std::mutex mutex_;                   // only for wake_
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace ccd::stress
