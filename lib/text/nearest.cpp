#include "lib/text/nearest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ccd::text {
namespace {

// Bounds the work that a word of a stranger can cause.
constexpr std::size_t longest_word = 100;

// Three rows of the table of distances between all prefixes: a swap looks two rows back.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
            bool is_swap = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[to.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
    if (word.size() > longest_word) return std::nullopt;
    std::optional<std::string_view> best;
    auto allowed = std::max<std::size_t>(1, word.size() / 3);
    for (auto candidate : candidates) {
        if (candidate.size() > longest_word) continue;
        auto distance = edits(word, candidate);
        bool is_another_word = distance >= std::max(word.size(), candidate.size());
        if (is_another_word || distance > allowed) continue;
        best = candidate;
        if (distance == 0) break;
        allowed = distance - 1;
    }
    return best;
}

}  // namespace ccd::text
