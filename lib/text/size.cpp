#include "lib/text/size.h"

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
    std::string_view ambiguous;  // what people write and may mean
    std::string_view bare;
    int shift;
};

// From large to small.
constexpr std::array units{Unit{"TiB", "TB", "T", 40}, Unit{"GiB", "GB", "G", 30},
                           Unit{"MiB", "MB", "M", 20}, Unit{"KiB", "KB", "K", 10},
                           Unit{"", "B", "b", 0}};

tl::unexpected<Error> refusal(std::string_view text, const std::string& why) {
    return failure(Errc::bad_request,
                   quote(text) + " " + why +
                       "; allowed: a whole number of bytes, or with KiB, MiB, GiB or TiB, such "
                       "as 512MiB");
}

tl::unexpected<Error> unknown_unit(std::string_view text, std::string_view number,
                                   std::string_view name) {
    for (const auto& unit : units)
        if (name == unit.ambiguous || name == unit.bare)
            return refusal(text, "has a unit that may mean two things, write " +
                                     std::string(number).append(unit.name));
    return refusal(text, "is not a size");
}

}  // namespace

Result<Bytes> parse_size(std::string_view text) {
    std::uint64_t count = 0;
    const char* end = text.data() + text.size();
    auto [stopped, problem] = std::from_chars(text.data(), end, count);
    if (problem == std::errc::result_out_of_range) return refusal(text, "is too large");
    if (problem != std::errc{}) return refusal(text, "is not a size");
    auto digits = static_cast<std::size_t>(stopped - text.data());
    auto name = text.substr(digits);
    const auto* unit = std::ranges::find(units, name, &Unit::name);
    if (unit == units.end()) return unknown_unit(text, text.substr(0, digits), name);
    if (count > std::numeric_limits<std::uint64_t>::max() >> unit->shift)
        return refusal(text, "is too large");
    return Bytes{count << unit->shift};
}

std::string to_string(Bytes size) {
    if (size.count == 0) return "0";
    const auto* unit = std::ranges::find_if(
        units, [&](const Unit& row) { return size.count % (std::uint64_t{1} << row.shift) == 0; });
    return std::to_string(size.count >> unit->shift).append(unit->name);
}

std::string format_size(Bytes size) {
    const auto* unit =
        std::ranges::find_if(units, [&](const Unit& row) { return size.count >> row.shift != 0; });
    if (unit == units.end() || unit->shift == 0) return std::to_string(size.count) + " B";
    // Tenths of the part below one unit; ten times it fits, as it is below 2^40.
    auto part = size.count & ((std::uint64_t{1} << unit->shift) - 1);
    return std::to_string(size.count >> unit->shift) + "." +
           std::to_string(part * 10 >> unit->shift) + " " + std::string(unit->name);
}

}  // namespace ccd::text
