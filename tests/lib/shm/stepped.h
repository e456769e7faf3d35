// A machine whose every step is chosen: which of several users of a queue goes on, and who is
// killed before his next step.
//
// Each user is a fiber. Before it touches memory that others share it stops, and the schedule says
// who goes on. Schedules are tried one after the other, in depth, each from the beginning: with up
// to so many switches away from a user who could go on, and so many kills. What is sequentially
// consistent is tried out completely within these bounds; what a weaker memory shows is for the
// thread sanitizer.
//
// Idea: Musuvathi and others, "Finding and Reproducing Heisenbugs in Concurrent Programs", OSDI
// 2008.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ccd/time.h"

namespace ccd::shm {

class Schedules {
public:
    struct Bounds {
        int switches = 2;
        int kills = 0;
    };

    // Runs `run` with each schedule. It builds its memory anew, gives its users to `add`, calls
    // `go` and looks at what has become of it. Gives the number of schedules.
    std::uint64_t explore(const Bounds& bounds, const std::function<void(Schedules&)>& run);

    // One who goes on until it returns, or is killed if that is allowed.
    enum class Mortal : std::uint8_t { no, yes };
    void add(std::function<void()> user, Mortal mortal = Mortal::no);
    // Until nobody can go on.
    void go();
    bool is_dead(std::size_t user) const { return users_[user].state == State::dead; }
    bool have_all_returned() const {
        return std::ranges::all_of(
            users_, [](State s) { return s == State::returned; }, &User::state);
    }

    // As long as it lives nobody else has a turn: what is done meanwhile is one step.
    // REQUIRES: whoever runs does not sleep, and is not killed.
    class Undivided {
    public:
        Undivided() { current->is_undivided_ = true; }
        Undivided(const Undivided&) = delete;
        Undivided& operator=(const Undivided&) = delete;
        ~Undivided() { current->is_undivided_ = false; }
    };

    // For the machine. Outside of `go` they do nothing.
    static void step();
    static void pause();
    static void sleep(const void* word);
    static std::uint32_t wake(const void* word, std::uint32_t count);

private:
    enum class State : std::uint8_t { ready, waiting, asleep, returned, dead };
    struct Stack {
        const void* bottom = nullptr;
        std::size_t size = 0;
        void* shadow = nullptr;
    };
    struct User {
        std::function<void()> body;
        Mortal mortal = Mortal::no;
        State state = State::ready;
        const void* word = nullptr;  // it sleeps on
        std::unique_ptr<char[]> stack;
        Stack bounds;
        ucontext_t context{};
    };
    // One decision, and how many there were to choose from.
    struct Choice {
        std::uint8_t taken = 0;
        std::uint8_t of = 0;
    };

    static void enter();
    static void switch_to(Stack& from, ucontext_t& from_context, const Stack& to,
                          ucontext_t& to_context);
    void stop(State state);
    std::size_t choose(std::size_t of);
    bool next_schedule();

    static Schedules* current;

    Bounds left_;
    std::vector<User> users_;
    std::vector<std::unique_ptr<char[]>> stacks_;  // of users of earlier runs
    std::size_t running_ = 0;
    bool is_undivided_ = false;
    ucontext_t main_{};
    Stack main_stack_;
    std::vector<Choice> choices_;
    std::size_t at_ = 0;
};

// As std::atomic, in one thread.
template <class T>
class SteppedWord {
public:
    SteppedWord() = default;
    SteppedWord(T value) : value_(value) {}

    T load(std::memory_order = std::memory_order_seq_cst) const { return value_; }
    void store(T value, std::memory_order = std::memory_order_seq_cst) { value_ = value; }
    T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
        return std::exchange(value_, value);
    }
    bool compare_exchange_strong(T& expected, T value, std::memory_order, std::memory_order) {
        if (value_ == expected) {
            value_ = value;
            return true;
        }
        expected = value_;
        return false;
    }
    T fetch_add(T more, std::memory_order = std::memory_order_seq_cst) {
        return std::exchange(value_, static_cast<T>(value_ + more));
    }
    T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst) {
        return std::exchange(value_, static_cast<T>(value_ | bits));
    }
    T fetch_and(T bits, std::memory_order = std::memory_order_seq_cst) {
        return std::exchange(value_, static_cast<T>(value_ & bits));
    }

private:
    T value_{};
};

struct Stepped {
    template <class T>
    using Atomic = SteppedWord<T>;

    static constexpr std::uint32_t spins = 0;

    static void step() { Schedules::step(); }
    static void pause() { Schedules::pause(); }
    // It looks again when it is woken, and else never: there is no net below.
    static void wait(const Atomic<std::uint32_t>& word, std::uint32_t seen, Time) {
        if (word.load() == seen) Schedules::sleep(&word);
    }
    static std::uint32_t wake(const Atomic<std::uint32_t>& word, std::uint32_t count) {
        return Schedules::wake(&word, count);
    }
    static void notify(int) {}
    static Time now() { return Time{}; }
};

}  // namespace ccd::shm
