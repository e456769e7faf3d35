// The word that was probably meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace ccd::text {

// The candidate with the fewest edits (a letter added, dropped, changed, or two neighbours
// swapped) from `word`, the first of equals; none where more than a third of the letters differ, or
// where the word is longer than any name of ours.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace ccd::text
