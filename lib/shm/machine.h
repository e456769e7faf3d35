// What the queue asks of the machine: atomic words, and a way to sleep on one.
//
// Everything in lib/shm is written over a Machine, so that what runs in production is also what
// the checkers run: they take every step apart, stop a thread before any of them, or show it what
// a weaker memory would.
//
// A Machine has
//   Atomic<T>                     as std::atomic<T>, address-free
//   step()                        before each access to memory that others share
//   pause()                       between two tries
//   wait(word, seen, deadline)    until woken, the word is not `seen` or the deadline has come
//   wake(word, count)             how many that were: at most `count` of those who wait
//   spins                         pauses before the first sleep
//   notify(other_end)             makes the other end of a pair of sockets readable; none: -1
//   now()                         of the deadlines
#pragma once

#include <atomic>
#include <cstdint>

#include "ccd/time.h"

namespace ccd::shm {

struct Hardware {
    template <class T>
    using Atomic = std::atomic<T>;
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<std::uint32_t>::is_always_lock_free);

    static constexpr std::uint32_t spins = 500;

    static void step() {}
    static void pause();
    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t seen, Time deadline);
    static std::uint32_t wake(const std::atomic<std::uint32_t>& word, std::uint32_t count);
    static void notify(int other_end);
    static Time now();
};

}  // namespace ccd::shm
