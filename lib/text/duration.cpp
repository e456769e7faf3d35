#include "lib/text/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

#include "lib/text/quote.h"

namespace ccd::text {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t millis;
};

// From large to small: the order in which they may follow each other.
constexpr std::array units{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                           Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr auto second = units.begin() + 3;

constexpr auto longest = static_cast<std::uint64_t>(std::numeric_limits<Millis::rep>::max());

tl::unexpected<Error> refusal(std::string_view text, std::string_view why) {
    return failure(Errc::bad_request,
                   quote(text) + " " + std::string(why) +
                       "; allowed: whole numbers with ms, s, m, h or d, such as 250ms or 1h30m");
}

// The size of a duration of either sign; the smallest one has no positive counterpart.
std::uint64_t magnitude(Millis duration) {
    auto count = static_cast<std::uint64_t>(duration.count());
    return duration.count() < 0 ? 0 - count : count;
}

std::string with_unit(std::uint64_t count, std::string_view unit) {
    return std::to_string(count).append(unit);
}

}  // namespace

Result<Millis> parse_duration(std::string_view text) {
    if (text == "0") return Millis{0};
    if (text.empty()) return refusal(text, "is not a duration");
    std::uint64_t total = 0;
    const auto* next_unit = units.begin();
    for (auto rest = text; !rest.empty();) {
        std::uint64_t count = 0;
        auto [stopped, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (problem == std::errc::result_out_of_range) return refusal(text, "is too long");
        if (problem != std::errc{}) return refusal(text, "is not a duration");
        rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
        auto name = rest.substr(0, rest.find_first_of("0123456789"));
        const auto* unit = std::ranges::find(next_unit, units.end(), name, &Unit::name);
        if (name.empty()) return refusal(text, "has no unit");
        if (unit == units.end()) return refusal(text, "is not a duration");
        rest.remove_prefix(name.size());
        next_unit = unit + 1;
        if (__builtin_mul_overflow(count, unit->millis, &count) ||
            __builtin_add_overflow(total, count, &total) || total > longest)
            return refusal(text, "is too long");
    }
    return Millis{static_cast<Millis::rep>(total)};
}

std::string to_string(Millis duration) {
    if (duration == Millis{0}) return "0s";
    std::string out = duration < Millis{0} ? "-" : "";
    auto rest = magnitude(duration);
    for (const auto& unit : units) {
        if (rest >= unit.millis) out += with_unit(rest / unit.millis, unit.name);
        rest %= unit.millis;
    }
    return out;
}

std::string format_duration(Millis duration) {
    std::string sign = duration < Millis{0} ? "-" : "";
    auto size = magnitude(duration);
    const auto* unit =
        std::ranges::find_if(units, [&](const Unit& row) { return size >= row.millis; });
    if (unit == units.end()) return "0s";
    if (unit == second) {
        auto tenths = size % 1000 / 100;
        auto fraction = tenths == 0 ? "" : std::string(".") + std::to_string(tenths);
        return sign + std::to_string(size / 1000) + fraction + "s";
    }
    auto text = sign + with_unit(size / unit->millis, unit->name);
    if (unit > second) return text;
    auto smaller = size % unit->millis / (unit + 1)->millis;
    return smaller == 0 ? text : text + " " + with_unit(smaller, (unit + 1)->name);
}

}  // namespace ccd::text
