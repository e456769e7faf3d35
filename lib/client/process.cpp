#include "lib/client/process.h"

#include <pthread.h>

namespace ccd::client {

constinit std::atomic<std::uint32_t> detail::forks{0};

namespace {

void on_fork() {
    detail::forks.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void watch_forks() {
    [[maybe_unused]] static const int watched = ::pthread_atfork(nullptr, nullptr, &on_fork);
}

}  // namespace ccd::client
