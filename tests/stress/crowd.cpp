#include "tests/stress/crowd.h"

#include <barrier>
#include <thread>
#include <vector>

namespace ccd::stress {

Tally crowd(const std::string& socket, std::size_t count,
            const std::function<void(std::size_t number, Visitor&)>& act) {
    std::vector<Tally> tallies(count);
    std::barrier all_connected{static_cast<std::ptrdiff_t>(count)};
    {
        std::vector<std::jthread> threads;
        for (std::size_t number = 0; number < count; ++number)
            threads.emplace_back([&, number] {
                auto& tally = tallies[number];
                auto visitor = Visitor::open(socket);
                all_connected.arrive_and_wait();
                if (visitor) {
                    act(number, *visitor);
                    tally = visitor->tally();
                } else {
                    tally = {.operations = 1, .failed = 1, .first_error = visitor.error().message};
                }
            });
    }
    Tally all;
    for (const auto& tally : tallies) all.add(tally);
    return all;
}

}  // namespace ccd::stress
