// Sleeping until a queue has something, or room.
//
// Who finds nothing registers, looks again and sleeps; who brings something looks for a registered
// one afterwards. Both sides write before they read, in the one order of all sequentially
// consistent operations, so at least one of them sees the other.
//
// A wake is a system call, and who was woken is registered until he runs. So whoever finds that
// nobody is asleep any more says so: as long as nobody registers after that, all who are registered
// are on their way to look, and need no other wake. That holds because the word to sleep on is read
// before the registration: who registered before the wake does not sleep after it.
//
// A process that dies registered would be counted for ever, and one that dies between being woken
// and looking would swallow the wake of another. So whoever repairs after a death begins a new
// epoch with nobody registered, and wakes all. All of it is needed: tests/model/park_model.py.
//
// Thread rule: any thread of any process.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "ccd/time.h"

namespace ccd::shm {

template <class Machine>
struct Parking {
    // arrivals:28 | epoch:20 | registered:16
    typename Machine::template Atomic<std::uint64_t> waiting{0};
    typename Machine::template Atomic<std::uint64_t> awake{0};  // the cohort that is so, to a man
    typename Machine::template Atomic<std::uint32_t> sequence{0};
    typename Machine::template Atomic<std::uint32_t> polled{0};  // somebody polls a descriptor
};

namespace parking {

inline constexpr unsigned registered_bits = 16;
inline constexpr unsigned epoch_bits = 20;
inline constexpr std::uint64_t one_registered = 1;
inline constexpr std::uint64_t one_arrival = std::uint64_t{1} << (registered_bits + epoch_bits);

constexpr std::uint32_t registered(std::uint64_t waiting) {
    return static_cast<std::uint32_t>(waiting & ((1U << registered_bits) - 1));
}
constexpr std::uint32_t epoch(std::uint64_t waiting) {
    return static_cast<std::uint32_t>(waiting >> registered_bits & ((1U << epoch_bits) - 1));
}
// Changes whenever somebody registers; never 0 then, but once in 2^28 times.
constexpr std::uint64_t cohort(std::uint64_t waiting) {
    return waiting >> registered_bits;
}

// A sleeper looks again by himself so often, lest a wake got lost while nobody repairs.
inline constexpr std::chrono::seconds longest_sleep{1};

// To be called after what it announces was made visible by a sequentially consistent operation.
template <class Machine>
void announce(Parking<Machine>& parking, std::uint32_t count) {
    Machine::step();
    const std::uint64_t seen = parking.waiting.load(std::memory_order_seq_cst);
    if (registered(seen) == 0) return;
    Machine::step();
    if (parking.awake.load(std::memory_order_relaxed) == cohort(seen)) return;
    Machine::step();
    parking.sequence.fetch_add(1, std::memory_order_release);
    Machine::step();
    const std::uint32_t woken = Machine::wake(parking.sequence, count);
    if (woken > 0 && woken < registered(seen)) return;
    Machine::step();
    parking.awake.store(cohort(seen), std::memory_order_relaxed);
}

template <class Machine>
void arm(Parking<Machine>& parking) {
    Machine::step();
    parking.polled.store(1, std::memory_order_seq_cst);
}

// True, once: a descriptor is to be made readable, for somebody polls it.
template <class Machine>
bool take_polled(Parking<Machine>& parking) {
    Machine::step();
    if (parking.polled.load(std::memory_order_seq_cst) == 0) return false;
    Machine::step();
    return parking.polled.exchange(0, std::memory_order_seq_cst) != 0;
}

// After a death, a close, or where in doubt. By the daemon, one at a time: nobody else begins an
// epoch. It takes so many steps whatever the others do.
template <class Machine>
void wake_all(Parking<Machine>& parking) {
    Machine::step();
    const std::uint64_t seen = parking.waiting.load(std::memory_order_relaxed);
    Machine::step();
    const std::uint64_t anew = (cohort(seen) + 1) << registered_bits;
    parking.waiting.exchange(anew, std::memory_order_seq_cst);
    Machine::step();
    parking.sequence.fetch_add(1, std::memory_order_release);
    Machine::step();
    Machine::wake(parking.sequence, std::numeric_limits<std::int32_t>::max());
}

template <class Machine>
void deregister(Parking<Machine>& parking, std::uint64_t as_of) {
    Machine::step();
    std::uint64_t seen = parking.waiting.load(std::memory_order_relaxed);
    do {
        if (epoch(seen) != epoch(as_of) || registered(seen) == 0) return;
        Machine::step();
    } while (!parking.waiting.compare_exchange_strong(
        seen, seen - one_registered, std::memory_order_seq_cst, std::memory_order_relaxed));
}

// One sleep. `is_done` tries, and says true when there is nothing more to wait for. False: neither
// was there anything before the sleep nor after it.
template <class Machine, class IsDone>
bool sleep(Parking<Machine>& parking, Time deadline, IsDone is_done) {
    Machine::step();
    const std::uint32_t seen = parking.sequence.load(std::memory_order_acquire);
    Machine::step();
    const std::uint64_t mine =
        parking.waiting.fetch_add(one_arrival + one_registered, std::memory_order_seq_cst);

    bool done = is_done();
    if (!done) {
        Machine::step();
        const Time net = Machine::now() + longest_sleep;
        Machine::wait(parking.sequence, seen, std::min(deadline, net));
    }
    deregister(parking, mine);
    return done || is_done();
}

}  // namespace parking
}  // namespace ccd::shm
