#include "tests/stress/body.h"

#include <charconv>
#include <filesystem>
#include <string_view>

#include "tests/stress/torture/witness.h"

namespace ccd::stress {
namespace {

std::string own_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

template <class Number>
Number number_of(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

std::vector<std::string> argv_of(const Occupation& occupation) {
    return {own_program(),
            "--occupy",
            occupation.directory,
            std::to_string(occupation.time.count()),
            std::to_string(occupation.exit_code),
            occupation.gate};
}

std::vector<std::string> argv_of(const Printing& printing) {
    return {own_program(), "--print", std::to_string(printing.seed), std::to_string(printing.size),
            printing.gate};
}

std::optional<int> run_as_job(std::span<const char* const> words) {
    std::string_view what{words.empty() ? "" : words[0]};
    if (what == "--occupy" && words.size() == 5)
        return occupy({.directory = words[1],
                       .time = Millis{number_of<Millis::rep>(words[2])},
                       .exit_code = number_of<int>(words[3]),
                       .gate = words[4]});
    if (what == "--print" && words.size() == 4)
        return print({.seed = number_of<std::uint64_t>(words[1]),
                      .size = number_of<std::size_t>(words[2]),
                      .gate = words[3]});
    if (what == "--witness" && words.size() == 4) return bear_witness(words.subspan(1));
    return std::nullopt;
}

}  // namespace ccd::stress
