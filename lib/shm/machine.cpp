#include "lib/shm/machine.h"

#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace ccd::shm {

void Hardware::pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

// Shared between processes, so without FUTEX_PRIVATE_FLAG. The deadline is of the monotonic clock.
// Whatever ends it, the caller looks again: EINTR, EAGAIN and ETIMEDOUT alike.
void Hardware::wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen, Time deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch());
    const timespec until{.tv_sec = left.count() / 1'000'000'000,
                         .tv_nsec = left.count() % 1'000'000'000};
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

std::uint32_t Hardware::wake(const std::atomic<std::uint32_t>& word, std::uint32_t count) {
    const long woken = ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
    return static_cast<std::uint32_t>(std::max(woken, 0L));
}

// That it does not wait belongs to the call: the flags of a descriptor are its other holders' too.
// Full, or shut by somebody: who polls has enough to wake up for. Nor is it a cancellation point,
// as send() would be: a thread that is cancelled gets through.
void Hardware::notify(int other_end) {
    if (other_end < 0) return;
    constexpr char byte = 1;
    ::syscall(SYS_sendto, other_end, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
}

Time Hardware::now() {
    return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
}

}  // namespace ccd::shm
