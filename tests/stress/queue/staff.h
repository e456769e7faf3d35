// The processes of a scenario: one in each place of a book.
//
// Owner: a scenario, main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/harness/child.h"
#include "tests/stress/queue/book.h"

namespace ccd::stress {

// Ten times and more what any act takes on a busy machine; each has an end of its own before.
inline constexpr Millis stuck_limit{20'000};

// Whether a process does nothing, from now on, that it does not want to.
class Stillness {
public:
    // For longer than stuck_limit.
    bool is_still(const Place& place);
    // From now on, again.
    void forget() { since_ = std::chrono::steady_clock::now(); }

private:
    std::uint64_t steps_ = 0;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

std::string describe_stillness(std::size_t place, const Place& seen);

class Staff {
public:
    // The body of the process in a place.
    using Work = std::function<Result<void>(std::size_t place)>;

    // One for each place. What keeps a body from being carried out is a complaint of its place.
    static Result<Staff> start(Book& book, Work work);

    harness::Child& at(std::size_t place) { return workers_[place]; }
    // Another one, in place of one that has ended.
    Result<void> replace(std::size_t place);
    std::string describe_end(std::size_t place, int status) const;

    // Waits until all have ended. A sentence if one does not go on, and then all are killed, or has
    // ended otherwise than by coming to its end.
    std::optional<std::string> join();

private:
    Staff(Book& book, Work work) : book_(book), work_(std::move(work)) {}

    Result<harness::Child> start_at(std::size_t place) const;

    Book& book_;
    Work work_;
    std::vector<harness::Child> workers_;
};

}  // namespace ccd::stress
