#include "daemon/exec/property.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "daemon/exec/number.h"

namespace ccd::exec {
namespace {

constexpr std::string_view quota_name = "CPUQuotaPerSecUSec";
constexpr std::uint64_t microseconds_in_a_second = 1'000'000;
constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();

// How a value is written.
enum class Kind : std::uint8_t {
    number,   // a whole number, signed on the bus
    count,    // a whole number
    size,     // bytes, with K, M, G or T for powers of 1024, or infinity
    percent,  // of one core, as time in a second
    flag,     // yes or no
    word,     // one of the words, by its number
};

struct Word {
    std::string_view text;
    std::int32_t number;
};

struct Row {
    std::string_view name;
    std::string_view bus_name;
    Kind kind;
    std::uint64_t least;
    std::uint64_t most;
    std::array<Word, 3> words{};
};

constexpr std::uint64_t any = infinity - 1;

// SCHED_* and IOPRIO_CLASS_* of the kernel.
constexpr std::array table{
    // 100 is what everybody has: with more it would take from others.
    Row{"CPUWeight", "CPUWeight", Kind::count, 1, 100},
    Row{"CPUQuota", quota_name, Kind::percent, 1, 1'000'000},
    Row{"IOWeight", "IOWeight", Kind::count, 1, 100},
    Row{"MemoryHigh", "MemoryHigh", Kind::size, 1 << 20, any},
    Row{"MemorySwapMax", "MemorySwapMax", Kind::size, 0, any},
    Row{"TasksMax", "TasksMax", Kind::count, 1, any},
    Row{"Nice", "Nice", Kind::number, 0, 19},
    Row{"OOMScoreAdjust", "OOMScoreAdjust", Kind::number, 0, 1'000},
    Row{"LimitCORE", "LimitCORE", Kind::size, 0, any},
    Row{"LimitFSIZE", "LimitFSIZE", Kind::size, 0, any},
    Row{"CPUSchedulingPolicy",
        "CPUSchedulingPolicy",
        Kind::word,
        0,
        0,
        {Word{"other", 0}, Word{"batch", 3}, Word{"idle", 5}}},
    Row{"IOSchedulingClass",
        "IOSchedulingClass",
        Kind::word,
        0,
        0,
        {Word{"best-effort", 2}, Word{"idle", 3}}},
    Row{"NoNewPrivileges", "NoNewPrivileges", Kind::flag, 0, 0},
    Row{"PrivateTmp", "PrivateTmp", Kind::flag, 0, 0},
    Row{"PrivateNetwork", "PrivateNetwork", Kind::flag, 0, 0},
};

std::string quoted(std::string_view text) {
    return "'" + std::string{text} + "'";
}

std::string allowed_values(const Row& row) {
    std::string words;
    auto range = [&] {
        auto most = row.most == any ? "" : " to " + std::to_string(row.most);
        return "from " + std::to_string(row.least) + most;
    };
    switch (row.kind) {
        case Kind::number:
            return "a number " + range();
        case Kind::count:
            return "a number " + range();
        case Kind::size:
            return "bytes " + range() + ", such as 512M or 8G, or infinity";
        case Kind::percent:
            return "percent of one core, such as 150%";
        case Kind::flag:
            return "yes or no";
        case Kind::word:
            for (const auto& word : row.words)
                if (!word.text.empty()) words.append(words.empty() ? "" : ", ").append(word.text);
            return words;
    }
    return {};
}

std::optional<std::uint64_t> parse_amount(std::string_view text) {
    std::uint64_t amount = 0;
    if (text == "infinity") return infinity;
    return parse_number(text, amount) ? std::optional(amount) : std::nullopt;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    constexpr std::string_view units = "KMGT";
    auto unit = text.empty() ? units.npos : units.find(text.back());
    if (unit == units.npos) return parse_amount(text);
    auto count = parse_amount(text.substr(0, text.size() - 1));
    auto shift = 10 * (unit + 1);
    if (!count || *count > (infinity - 1) >> shift) return std::nullopt;
    return *count << shift;
}

std::optional<std::uint64_t> parse_percent(std::string_view text) {
    constexpr std::uint64_t microseconds_in_a_percent = 10'000;
    std::uint64_t percent = 0;
    if (!text.ends_with('%') || !parse_number(text.substr(0, text.size() - 1), percent))
        return std::nullopt;
    if (percent < 1 || percent > 1'000'000) return std::nullopt;
    return percent * microseconds_in_a_percent;
}

std::optional<decltype(Property::value)> parse_value(const Row& row, std::string_view text) {
    auto in_range = [&](std::optional<std::uint64_t> number) -> decltype(number) {
        auto is_good = number && *number >= row.least && *number <= row.most;
        return is_good || number == infinity ? number : std::nullopt;
    };
    switch (row.kind) {
        case Kind::number:
            if (auto number = in_range(parse_amount(text)); number && *number != infinity)
                return static_cast<std::int32_t>(*number);
            return std::nullopt;
        case Kind::count:
            if (auto number = in_range(parse_amount(text)); number && *number != infinity)
                return *number;
            return std::nullopt;
        case Kind::size:
            return in_range(parse_bytes(text));
        case Kind::percent:
            return parse_percent(text);
        case Kind::flag:
            if (text == "yes" || text == "no") return text == "yes";
            return std::nullopt;
        case Kind::word:
            for (const auto& word : row.words)
                if (!word.text.empty() && word.text == text) return word.number;
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Result<Property> parse_property(std::string_view text) {
    auto equals = text.find('=');
    if (equals == text.npos)
        return failure(Errc::bad_request, "property " + quoted(text) + " is not NAME=VALUE");
    auto name = text.substr(0, equals);
    const auto* row = std::ranges::find(table, name, &Row::name);
    if (row == table.end()) {
        std::string names;
        for (const auto& known : table) names.append(names.empty() ? "" : ", ").append(known.name);
        return failure(Errc::denied,
                       "property " + quoted(name) + " may not be chosen; allowed: " + names);
    }
    auto value = parse_value(*row, text.substr(equals + 1));
    if (!value)
        return failure(Errc::bad_request, "property " + std::string{name} + " cannot be " +
                                              quoted(text.substr(equals + 1)) +
                                              "; allowed: " + allowed_values(*row));
    return Property{std::string{row->bus_name}, *value};
}

Result<void> check_property(std::string_view text, std::uint32_t cpus) {
    auto property = CCD_TRY(parse_property(text));
    if (property.name != quota_name || cpus == 0) return {};
    if (std::get<std::uint64_t>(property.value) <= cpus * microseconds_in_a_second) return {};
    return failure(Errc::bad_request, "property CPUQuota cannot be more than --cpus allows, " +
                                          std::to_string(cpus * std::uint64_t{100}) + "%");
}

}  // namespace ccd::exec
