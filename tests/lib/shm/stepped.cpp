#include "tests/lib/shm/stepped.h"

#include <algorithm>
#include <cassert>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace ccd::shm {
namespace {

constexpr std::size_t stack_size = std::size_t{256} << 10;

}  // namespace

Schedules* Schedules::current = nullptr;

std::uint64_t Schedules::explore(const Bounds& bounds, const std::function<void(Schedules&)>& run) {
    choices_.clear();
    for (std::uint64_t count = 1;; ++count) {
        at_ = 0;
        left_ = bounds;
        for (User& user : users_) stacks_.push_back(std::move(user.stack));
        users_.clear();
        run(*this);
        if (!next_schedule()) return count;
    }
}

void Schedules::add(std::function<void()> user, Mortal mortal) {
    User added{.body = std::move(user), .mortal = mortal};
    if (stacks_.empty()) {
        added.stack = std::make_unique<char[]>(stack_size);
    } else {
        added.stack = std::move(stacks_.back());
        stacks_.pop_back();
    }
    getcontext(&added.context);
    added.context.uc_stack.ss_sp = added.stack.get();
    added.context.uc_stack.ss_size = stack_size;
    added.context.uc_link = nullptr;
    added.bounds = {.bottom = added.stack.get(), .size = stack_size};
    users_.push_back(std::move(added));
    makecontext(&users_.back().context, &Schedules::enter, 0);
}

// The address sanitizer keeps shadows of stacks, and is to be told which one comes next.
void Schedules::switch_to([[maybe_unused]] Stack& from, ucontext_t& from_context,
                          [[maybe_unused]] const Stack& to, ucontext_t& to_context) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.shadow, to.bottom, to.size);
#endif
    swapcontext(&from_context, &to_context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(from.shadow, nullptr, nullptr);
#endif
}

void Schedules::enter() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &current->main_stack_.bottom,
                                    &current->main_stack_.size);
#endif
    current->users_[current->running_].body();
    current->stop(State::returned);
}

// The one that ran comes first: to go on with it is the default, and costs nothing.
void Schedules::go() {
    current = this;
    running_ = users_.size();
    for (;;) {
        std::vector<std::size_t> able;
        const auto is_ready = [&](std::size_t i) { return users_[i].state == State::ready; };
        const bool goes_on = running_ < users_.size() && is_ready(running_);
        if (goes_on) able.push_back(running_);
        for (std::size_t i = 0; i < users_.size(); ++i)
            if (is_ready(i) && (!goes_on || (i != running_ && left_.switches > 0)))
                able.push_back(i);
        if (able.empty()) {
            // Who has waited for others to do something looks again once they cannot.
            bool is_any = false;
            for (User& user : users_)
                if (user.state == State::waiting) user.state = State::ready, is_any = true;
            if (is_any) continue;
            break;
        }
        const bool may_die = goes_on && left_.kills > 0 && users_[running_].mortal == Mortal::yes;
        const std::size_t chosen = choose(able.size() + (may_die ? 1 : 0));
        if (chosen == able.size()) {
            --left_.kills;
            users_[running_].state = State::dead;
            continue;
        }
        if (goes_on && chosen > 0) --left_.switches;
        running_ = able[chosen];
        for (User& user : users_)
            if (user.state == State::waiting) user.state = State::ready;
        User& next = users_[running_];
        switch_to(main_stack_, main_, next.bounds, next.context);
    }
    current = nullptr;
}

void Schedules::stop(State state) {
    User& user = users_[running_];
    user.state = state;
    switch_to(user.bounds, user.context, main_stack_, main_);
}

void Schedules::step() {
    if (current != nullptr && !current->is_undivided_) current->stop(State::ready);
}

void Schedules::pause() {
    if (current != nullptr) current->stop(State::waiting);
}

void Schedules::sleep(const void* word) {
    if (current == nullptr) return;
    assert(!current->is_undivided_);
    current->users_[current->running_].word = word;
    current->stop(State::asleep);
}

std::uint32_t Schedules::wake(const void* word, std::uint32_t count) {
    std::uint32_t woken = 0;
    if (current == nullptr) return woken;
    for (User& user : current->users_) {
        if (woken == count) break;
        if (user.state != State::asleep || user.word != word) continue;
        user.state = State::ready;
        ++woken;
    }
    return woken;
}

std::size_t Schedules::choose(std::size_t of) {
    if (of == 1) return 0;
    if (at_ == choices_.size())
        choices_.push_back({.taken = 0, .of = static_cast<std::uint8_t>(of)});
    BOOST_TEST_REQUIRE(choices_[at_].of == of);
    return choices_[at_++].taken;
}

// The last choice that has another way is taken that way.
bool Schedules::next_schedule() {
    while (!choices_.empty()) {
        Choice& last = choices_.back();
        if (++last.taken < last.of) return true;
        choices_.pop_back();
    }
    return false;
}

}  // namespace ccd::shm
