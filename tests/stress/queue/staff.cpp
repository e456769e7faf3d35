#include "tests/stress/queue/staff.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/harness/child.h"

namespace ccd::stress {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Millis look_pause{20};

}  // namespace

Result<Staff> Staff::start(Book& book, Work work) {
    Staff staff{book, std::move(work)};
    for (std::size_t place = 0; place < book.places().size(); ++place)
        staff.workers_.push_back(CCD_TRY(staff.start_at(place)));
    return staff;
}

Result<void> Staff::replace(std::size_t place) {
    workers_[place] = CCD_TRY(start_at(place));
    return {};
}

Result<harness::Child> Staff::start_at(std::size_t place) const {
    return harness::Child::fork([this, place] {
        auto done = work_(place);
        if (!done) complain(book_.places()[place], done.error().message);
        return done ? 0 : 1;
    });
}

std::optional<std::string> Staff::join() {
    std::vector<Stillness> watches(workers_.size());
    for (std::size_t place = 0; place < workers_.size();) {
        if (const auto status = workers_[place].wait(look_pause)) {
            if (*status != 0) return describe_end(place, *status);
            ++place;
            continue;
        }
        for (auto other = place; other < workers_.size(); ++other) {
            const auto& seen = book_.places()[other];
            if (workers_[other].wait(Millis{0}) || !watches[other].is_still(seen)) continue;
            for (auto& worker : workers_) worker.kill();
            return describe_stillness(other, seen);
        }
    }
    return std::nullopt;
}

std::string Staff::describe_end(std::size_t place, int status) const {
    return fmt::format("process {} ended with {}: {}", place, harness::describe_status(status),
                       book_.places()[place].first_error.data());
}

bool Stillness::is_still(const Place& place) {
    const auto now = Clock::now();
    if (const std::uint64_t steps = place.steps; std::exchange(steps_, steps) != steps)
        since_ = now;
    return now - since_ > stuck_limit;
}

std::string describe_stillness(std::size_t place, const Place& seen) {
    return fmt::format("process {} has not come to the end of an act for {} s; it is {}", place,
                       stuck_limit.count() / 1000, describe(seen.act));
}

}  // namespace ccd::stress
