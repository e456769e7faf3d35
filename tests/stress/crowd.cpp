#include "tests/stress/crowd.h"

#include <barrier>
#include <thread>
#include <vector>

namespace ccd::stress {

Tally crowd(const std::string& socket, std::size_t count,
            const std::function<void(std::size_t number, client::Client&, Tally&)>& act) {
    std::vector<Tally> tallies(count);
    std::barrier all_connected{static_cast<std::ptrdiff_t>(count)};
    {
        std::vector<std::jthread> threads;
        for (std::size_t number = 0; number < count; ++number)
            threads.emplace_back([&, number] {
                auto& tally = tallies[number];
                auto client = client::Client::open(socket, patience);
                all_connected.arrive_and_wait();
                if (client) return act(number, *client, tally);
                tally = {.operations = 1, .failed = 1, .first_error = client.error().message};
            });
    }
    Tally all;
    for (const auto& tally : tallies) all.add(tally);
    return all;
}

}  // namespace ccd::stress
