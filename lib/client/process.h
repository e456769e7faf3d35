// Which process this is, told without a system call.
//
// A child that was forked has copies of all that its parent had: it must not use them as its own.
// Whoever keeps such a thing notes the lineage at its birth, and compares.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>

namespace ccd::client {
namespace detail {
extern constinit std::atomic<std::uint32_t> forks;
}

// Forks are counted from the first call on. To be called before the first lineage is noted.
void watch_forks();

// The same as noted: this is the same process, unless somebody called clone(2) himself.
inline std::uint32_t lineage() {
    return detail::forks.load(std::memory_order_relaxed);
}

}  // namespace ccd::client
