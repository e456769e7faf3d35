#include "daemon/handlers/array.h"

#include <charconv>

#include "daemon/handlers/word.h"

namespace ccd::handlers {
namespace {

constexpr std::uint32_t size_limit = 10'000;

Error unreadable(std::string_view text) {
    return {.code = Errc::bad_request,
            .message = "--array '" + std::string{text.substr(0, word_limit)} +
                       "' is not FIRST-LAST or FIRST-LAST%LIMIT, as 1-9%3"};
}

// Takes a number off the front.
std::optional<std::uint32_t> take_number(std::string_view& text) {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

bool take(std::string_view& text, char mark) {
    if (!text.starts_with(mark)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

Result<Array> read_array(const std::optional<std::string>& text) {
    if (!text) return Array{};
    std::string_view rest = *text;
    auto first = take_number(rest);
    if (!first || !take(rest, '-')) return tl::unexpected{unreadable(*text)};
    auto last = take_number(rest);
    if (!last) return tl::unexpected{unreadable(*text)};
    std::optional<std::uint32_t> limit{0};
    if (take(rest, '%')) {
        limit = take_number(rest);
        if (limit == 0U)
            return failure(Errc::bad_request, "an array of which 0 jobs may run never ends");
    }
    if (!limit || !rest.empty()) return tl::unexpected{unreadable(*text)};
    if (*last < *first)
        return failure(Errc::bad_request, "an array from " + std::to_string(*first) + " to " +
                                              std::to_string(*last) + " has no job");
    if (*last - *first >= size_limit)
        return tl::unexpected{
            over_limit("the size of the array", std::size_t{*last} - *first + 1, size_limit)
                .error()};
    return Array{.first = *first, .size = *last - *first + 1, .limit = *limit};
}

}  // namespace ccd::handlers
