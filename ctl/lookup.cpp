#include "ctl/lookup.h"

#include <algorithm>
#include <vector>

#include "lib/text/nearest.h"
#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

bool is_noun(std::string_view word) {
    return std::ranges::any_of(rows, [=](const Row& row) { return row.info->noun() == word; });
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    auto meant = text::nearest(word, candidates);
    return meant ? "; did you mean " + std::string{*meant} + "?" : "; see ccctl help";
}

tl::unexpected<Error> unknown_command(std::string_view word) {
    std::vector<std::string_view> candidates{"help"};
    for (const auto& row : rows) {
        if (row.info->noun_is_implied()) candidates.push_back(row.info->verb());
        candidates.push_back(row.info->noun());
    }
    return failure(Errc::bad_request,
                   "unknown command " + text::quote(word) + suggestion(word, candidates));
}

tl::unexpected<Error> unknown_verb(std::string_view noun, Words behind) {
    std::vector<std::string_view> verbs;
    std::string known;
    for (const auto& row : rows) {
        if (row.info->noun() != noun) continue;
        verbs.push_back(row.info->verb());
        known.append(known.empty() ? "" : ", ").append(row.info->verb());
    }
    auto message = std::string{noun} + ": ";
    if (behind.empty())
        message.append("a verb is missing: ").append(known);
    else
        message.append("unknown verb " + text::quote(behind.front()) + ", known are " + known +
                       suggestion(behind.front(), verbs));
    return failure(Errc::bad_request, std::move(message));
}

}  // namespace

std::string Row::spelling() const {
    if (info->noun_is_implied()) return std::string{info->verb()};
    return std::string{info->noun()} + " " + std::string{info->verb()};
}

Result<Found> find_command(Words words) {
    if (words.empty()) return failure(Errc::bad_request, "a command is missing; see ccctl help");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& info = *rows[i].info;
        if (words.size() > 1 && info.noun() == words[0] && info.verb() == words[1])
            return Found{.row = i, .words = 2};
        if (info.noun_is_implied() && info.verb() == words[0]) return Found{.row = i, .words = 1};
    }
    if (is_noun(words[0])) return unknown_verb(words[0], words.subspan(1));
    return unknown_command(words[0]);
}

}  // namespace ccd::ctl
