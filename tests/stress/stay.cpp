#include "tests/stress/stay.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "tests/stress/gate.h"

namespace ccd::stress {
namespace {

constexpr std::string_view no_card{"-"};

harness::Nanos now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

std::string variable(const char* name) {
    const char* value = ::getenv(name);
    return value ? value : "";
}

// The two halves of a Stay, written when it begins and when it ends.
std::string begin_of(const Stay& stay) {
    return (stay.card.empty() ? std::string{no_card} : stay.card) + " " + stay.job_class + " " +
           std::to_string(stay.began.count());
}
std::string end_of(const Stay& stay) {
    return " " + std::to_string(stay.ended.count());
}

bool append(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::app};
    file << text << std::flush;
    return file.good();
}

}  // namespace

std::string to_string(const Stay& stay) {
    return begin_of(stay) + end_of(stay);
}

std::optional<Stay> parse_stay(std::string_view text) {
    std::istringstream words{std::string{text}};
    Stay stay;
    harness::Nanos::rep began = 0, ended = 0;
    std::string more;
    if (!(words >> stay.card >> stay.job_class >> began >> ended) || words >> more)
        return std::nullopt;
    stay.began = harness::Nanos{began};
    stay.ended = harness::Nanos{ended};
    return stay;
}

int occupy(const Occupation& occupation) {
    Stay stay{.card = variable("CUDA_VISIBLE_DEVICES"),
              .job_class = variable("CCD_CLASS"),
              .began = now(),
              .ended = {}};
    auto path = occupation.directory + "/" + variable("CCD_JOB_ID");
    bool is_written = append(path, begin_of(stay));
    if (!occupation.gate.empty() && !pass_gate(occupation.gate)) return 1;
    std::this_thread::sleep_for(occupation.time);
    stay.ended = now();
    is_written = append(path, end_of(stay)) && is_written;
    return is_written ? occupation.exit_code : 1;
}

std::size_t count_begun(const std::string& directory) {
    std::error_code error;
    std::filesystem::directory_iterator files{directory, error};
    return error ? 0 : static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

Result<Stay> read_stay(const std::string& directory, std::uint64_t id) {
    auto path = directory + "/" + std::to_string(id);
    std::ifstream file{path};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    auto stay = parse_stay(text);
    if (!stay)
        return failure(Errc::not_found, "job " + std::to_string(id) +
                                            " left no record of one run in '" + path + "': '" +
                                            text + "'");
    return *std::move(stay);
}

Result<std::vector<Stay>> read_stays(const std::string& directory,
                                     const std::vector<std::uint64_t>& ids) {
    std::vector<Stay> stays;
    for (auto id : ids) stays.push_back(CCD_TRY(read_stay(directory, id)));
    return stays;
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

std::optional<std::string> find_imbalance(const std::vector<Stay>& stays,
                                          const std::vector<std::string>& cards, unsigned percent) {
    std::size_t on_cards = 0;
    std::optional<std::string> found;
    for (const auto& card : cards) {
        auto count = static_cast<std::size_t>(std::ranges::count(stays, card, &Stay::card));
        on_cards += count;
        // Of the share of a card, so many per cent, without fractions: all times the cards.
        auto jobs = count * cards.size();
        auto away = jobs > stays.size() ? jobs - stays.size() : stays.size() - jobs;
        if (away * 100 > stays.size() * percent)
            found = std::to_string(count) + " of " + std::to_string(stays.size()) +
                    " jobs ran on card '" + card + "', one of " + std::to_string(cards.size());
    }
    if (on_cards != stays.size())
        return std::to_string(stays.size() - on_cards) + " jobs ran on no such card";
    return found;
}

}  // namespace ccd::stress
