// The command line of ccd-stress.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "tests/stress/scenario.h"

namespace ccd::stress {

enum class Format : std::uint8_t { lines, json };

struct Arguments {
    std::span<const Scenario> scenarios;
    std::optional<std::string> socket;  // none: a daemon of our own for each scenario
    harness::Nanos duration{0};
    std::size_t scale = 1;
    std::optional<std::uint64_t> seed;  // none: another each time
    std::optional<std::string> report;  // directory
    Format format = Format::lines;
    bool wants_help = false;
};

// Without the program's own name. Refuses with `bad_request` and what is allowed.
Result<Arguments> parse_arguments(std::span<const char* const> words);

std::string usage();

}  // namespace ccd::stress
