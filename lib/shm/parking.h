// Sleeping until a queue has something, or room.
//
// Who finds nothing registers, looks again and sleeps; who brings something looks for a registered
// one afterwards. Both sides write before they read, in the one order of all sequentially
// consistent operations, so at least one of them sees the other.
//
// A process that dies registered would be counted for ever, and one that dies between being woken
// and looking would swallow the wake of another. So whoever repairs after a death begins a new
// epoch with nobody registered, and wakes all; who registered in the old epoch, and has not gone to
// sleep yet, sees that and registers anew. Both are needed: tests/model/park_model.py.
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
    typename Machine::template Atomic<std::uint64_t> waiting{0};  // epoch:32 | registered:32
    typename Machine::template Atomic<std::uint32_t> sequence{0};
    typename Machine::template Atomic<std::uint32_t> polled{0};  // somebody polls the eventfd
};

namespace parking {

constexpr std::uint32_t registered(std::uint64_t waiting) {
    return static_cast<std::uint32_t>(waiting);
}
constexpr std::uint64_t epoch(std::uint64_t waiting) {
    return waiting >> 32;
}

// A sleeper looks again by himself so often, lest a wake got lost while nobody repairs.
inline constexpr std::chrono::seconds longest_sleep{1};

// To be called after what it announces was made visible by a sequentially consistent operation.
template <class Machine>
void announce(Parking<Machine>& parking, std::uint32_t count) {
    Machine::step();
    if (registered(parking.waiting.load(std::memory_order_seq_cst)) == 0) return;
    Machine::step();
    parking.sequence.fetch_add(1, std::memory_order_release);
    Machine::step();
    Machine::wake(parking.sequence, count);
}

template <class Machine>
void arm(Parking<Machine>& parking) {
    Machine::step();
    parking.polled.store(1, std::memory_order_seq_cst);
}

// True, once: an eventfd is to be written, for somebody polls it.
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
    parking.waiting.exchange((epoch(seen) + 1) << 32, std::memory_order_seq_cst);
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
    } while (!parking.waiting.compare_exchange_strong(seen, seen - 1, std::memory_order_seq_cst,
                                                      std::memory_order_relaxed));
}

// One sleep. `is_done` tries, and says true when there is nothing more to wait for. False: neither
// was there anything before the sleep nor after it.
template <class Machine, class IsDone>
bool sleep(Parking<Machine>& parking, Time deadline, IsDone is_done) {
    std::uint64_t mine = 0;
    std::uint32_t seen = 0;
    do {
        Machine::step();
        mine = parking.waiting.fetch_add(1, std::memory_order_seq_cst);
        Machine::step();
        seen = parking.sequence.load(std::memory_order_acquire);
        Machine::step();
    } while (epoch(parking.waiting.load(std::memory_order_seq_cst)) != epoch(mine));

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
