// Measures variants and gives their lines.
#pragma once

#include <functional>
#include <vector>

#include "tests/bench/line.h"

namespace ccd::bench {

// Tells people what the lines do not say.
using Note = std::function<void(const std::string&)>;

// One line for each peer; without peers, one. What is not available here, a peer or the whole
// variant, gives lines without its figures and a note. Refuses when ours fails.
Result<std::vector<Line>> measure(const Variant& variant, const Setting& setting, const Note& note);

}  // namespace ccd::bench
