#include "tests/stress/memory_sampler.h"

#include "tests/harness/process_figures.h"

namespace ccd::stress {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis first_interval{50};
constexpr std::size_t sample_limit = 1000;  // then every second one goes

}  // namespace

MemorySampler::MemorySampler(pid_t pid)
    : pid_(pid), thread_([this](std::stop_token token) { sample(std::move(token)); }) {}

std::vector<MemorySample> MemorySampler::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return std::move(samples_);
}

void MemorySampler::sample(std::stop_token token) {
    const auto began = Clock::now();
    auto interval = first_interval;
    std::unique_lock lock{mutex_};
    for (;;) {
        auto resident = harness::resident_memory(pid_);
        if (resident) samples_.push_back({Clock::now() - began, *resident});
        if (samples_.size() == sample_limit) {
            for (std::size_t i = 0; i < sample_limit / 2; ++i) samples_[i] = samples_[2 * i];
            samples_.resize(sample_limit / 2);
            interval *= 2;
        }
        // Once more at the end, so that the chart reaches it.
        if (token.stop_requested()) return;
        wake_.wait_for(lock, token, interval, [] { return false; });
    }
}

}  // namespace ccd::stress
