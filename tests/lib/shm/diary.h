// What a process does to a queue, noted where others can read it when the process is gone.
//
// An operation is noted before it is called and again when it has returned. So whoever is killed
// leaves at most one that never returned, and it is the last one.
//
// The first note is made by a sequentially consistent store of the time, so the clock was read
// before anything that the operation reads of the queue.
//
// Owner: the test. A diary is written by the one process that has it, and read when that is dead.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>

#include "tests/lib/shm/history.h"

namespace ccd::shm {

inline Instant read_clock() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

class Diary {
public:
    using Kind = Operation::Kind;

    // Zero, it is empty.
    struct Entry {
        std::atomic<std::int64_t> invoked;   // nanoseconds; 0: no entry
        std::atomic<std::int64_t> returned;  // 0: never
        std::atomic<Value> value;
        std::atomic<Kind> kind;
    };

    // Of a take: nothing was found.
    static constexpr Value nothing = ~Value{0};

    explicit Diary(std::span<Entry> entries) : entries_(entries) {}

    // REQUIRES: there is room.
    void begin(Kind kind, Value value = nothing) {
        Entry& entry = entries_[next_];
        entry.kind.store(kind, std::memory_order_relaxed);
        entry.value.store(value, std::memory_order_relaxed);
        entry.invoked.store(read_clock().count(), std::memory_order_seq_cst);
    }

    void end(Instant now, Value value) {
        Entry& entry = entries_[next_++];
        entry.value.store(value, std::memory_order_relaxed);
        entry.returned.store(now.count(), std::memory_order_release);
    }

    // What was begun is as if it had not been.
    void forget() { entries_[next_].invoked.store(0, std::memory_order_relaxed); }

    // Whose diary it was died in a take, and had taken nothing. Else nothing is changed.
    void forget_take() {
        const auto next = std::ranges::find_if(
            entries_, [](const Entry& entry) { return entry.invoked.load() == 0; });
        if (next == entries_.begin()) return;
        Entry& last = *std::prev(next);
        if (last.kind.load() == Kind::take && last.returned.load() == 0) last.invoked.store(0);
    }

    // So many more may be begun.
    std::size_t room() const { return entries_.size() - next_; }

    void add_to(History& history) const {
        for (const Entry& entry : entries_) {
            const Instant invoked{entry.invoked.load()};
            if (invoked == Instant{0}) return;
            const Instant returned{entry.returned.load()};
            const bool has_returned = returned != Instant{0};
            Operation act{.kind = entry.kind.load(),
                          .value = entry.value.load(),
                          .invoked = invoked,
                          .returned = has_returned ? returned : never};
            if (act.kind == Kind::take && (!has_returned || act.value == nothing))
                act.value.reset();
            history.push_back(act);
        }
    }

private:
    std::span<Entry> entries_;
    std::size_t next_ = 0;
};

// Diaries for several processes, and a word to all of them.
class Diaries {
public:
    Diaries(std::size_t count, std::size_t entries_each)
        : count_(count), entries_each_(entries_each) {
        void* memory = ::mmap(nullptr, size(), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) std::abort();
        memory_ = static_cast<std::byte*>(memory);
    }
    Diaries(const Diaries&) = delete;
    Diaries& operator=(const Diaries&) = delete;
    ~Diaries() { ::munmap(memory_, size()); }

    // The kernel has zeroed it: words that are trivial but for their atomicity are live objects
    // there. REQUIRES: index < count.
    Diary diary(std::size_t index) const {
        auto* entries = reinterpret_cast<Diary::Entry*>(memory_ + head_size);
        return Diary{{entries + index * entries_each_, entries_each_}};
    }

    // Nothing is put any more.
    bool is_over() const { return over().load() != 0; }
    void set_over() { over().store(1); }

    // REQUIRES: nobody writes.
    History history() const {
        History history;
        for (std::size_t i = 0; i < count_; ++i) diary(i).add_to(history);
        return history;
    }

private:
    static constexpr std::size_t head_size = 64;

    std::atomic<std::uint32_t>& over() const {
        return *reinterpret_cast<std::atomic<std::uint32_t>*>(memory_);
    }
    std::size_t size() const { return head_size + count_ * entries_each_ * sizeof(Diary::Entry); }

    const std::size_t count_;
    const std::size_t entries_each_;
    std::byte* memory_ = nullptr;
};

}  // namespace ccd::shm
