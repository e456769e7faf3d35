#include "tests/stress/stay.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace ccd::stress {
namespace {

harness::Nanos now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

std::string variable(const char* name) {
    const char* value = ::getenv(name);
    return value ? value : "";
}

}  // namespace

std::string to_string(const Stay& stay) {
    return stay.card + " " + stay.job_class + " " + std::to_string(stay.began.count()) + " " +
           std::to_string(stay.ended.count());
}

std::optional<Stay> parse_stay(std::string_view line) {
    std::istringstream words{std::string{line}};
    Stay stay;
    harness::Nanos::rep began = 0, ended = 0;
    if (!(words >> stay.card >> stay.job_class >> began >> ended)) return std::nullopt;
    stay.began = harness::Nanos{began};
    stay.ended = harness::Nanos{ended};
    return stay;
}

int occupy(const std::string& directory, Millis time) {
    Stay stay{.card = variable("CUDA_VISIBLE_DEVICES"),
              .job_class = variable("CCD_CLASS"),
              .began = now(),
              .ended = {}};
    std::this_thread::sleep_for(time);
    stay.ended = now();
    std::ofstream file{directory + "/" + variable("CCD_JOB_ID")};
    file << to_string(stay) << std::flush;
    return file ? 0 : 1;
}

Result<Stay> read_stay(const std::string& directory, std::uint64_t id) {
    auto path = directory + "/" + std::to_string(id);
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    auto stay = parse_stay(line);
    if (!stay)
        return failure(Errc::not_found, "job " + std::to_string(id) +
                                            " left no record of its card in '" + path + "'");
    return *std::move(stay);
}

std::optional<std::string> find_crowding(const std::vector<Stay>& stays,
                                         const std::map<std::string, std::size_t>& limits) {
    for (const auto& stay : stays) {
        auto limit = limits.find(stay.job_class);
        if (limit == limits.end()) return "a job of the unknown class '" + stay.job_class + "'";
        // The most jobs are there when one of them begins.
        auto at_once = std::ranges::count_if(stays, [&](const Stay& other) {
            return other.card == stay.card && other.job_class == stay.job_class &&
                   other.began <= stay.began && stay.began < other.ended;
        });
        if (static_cast<std::size_t>(at_once) > limit->second)
            return std::to_string(at_once) + " " + stay.job_class + " jobs at once on card '" +
                   stay.card + "', with " + std::to_string(limit->second) + " slots";
    }
    return std::nullopt;
}

}  // namespace ccd::stress
