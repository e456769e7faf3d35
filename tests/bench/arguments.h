// The command line of ccd-bench.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tests/bench/variant.h"

namespace ccd::bench {

enum class Format : std::uint8_t { table, json };

struct Arguments {
    std::vector<const Variant*> variants;
    Setting setting;
    Format format = Format::table;
    bool wants_help = false;
};

// Without the program's own name. Refuses with `bad_request` and what is allowed.
Result<Arguments> parse_arguments(std::span<const char* const> words);

std::string usage();

}  // namespace ccd::bench
