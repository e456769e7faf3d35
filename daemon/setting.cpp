#include "daemon/setting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <vector>

#include "lib/text/duration.h"
#include "lib/text/integer.h"
#include "lib/text/nearest.h"
#include "lib/text/quote.h"
#include "lib/text/size.h"

namespace ccd::daemon {
namespace {

using text::quote;

bool is_control(char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

Result<void> check_text(std::string_view text, Range range) {
    if (std::ranges::any_of(text, is_control))
        return failure(Errc::bad_request, quote(text) + " has control characters");
    auto length = static_cast<std::int64_t>(text.size());
    if (length < range.least || length > range.most)
        return failure(Errc::bad_request, quote(text) + " has " + std::to_string(length) +
                                              " bytes; allowed: " + std::to_string(range.least) +
                                              " to " + std::to_string(range.most));
    return {};
}

template <class Value>
Result<void> parse_number(std::string_view text, Range range, Value& value) {
    auto number = CCD_TRY(text::parse_integer<std::int64_t>(text, range.least, range.most));
    value = static_cast<Value>(number);
    return {};
}

template <NamedEnum Enum>
Result<void> parse_choice(std::string_view text, Enum& value) {
    if (auto found = find_enum<Enum>(text)) {
        value = *found;
        return {};
    }
    std::vector<std::string_view> names;
    std::string allowed;
    for (const auto& row : enumerators(Enum{})) {
        names.push_back(row.name);
        allowed.append(allowed.empty() ? "" : ", ").append(row.name);
    }
    auto meant = text::nearest(text, names);
    auto hint = meant ? "; did you mean " + quote(*meant) + "?" : "";
    return failure(Errc::bad_request, quote(text) + " is not one of " + allowed + hint);
}

}  // namespace

Result<void> parse_value(std::string_view text, Range range, std::string& value) {
    CCD_TRY(check_text(text, range));
    value = text;
    return {};
}

Result<void> parse_value(std::string_view text, Range range, std::filesystem::path& value) {
    CCD_TRY(check_text(text, range));
    if (!text.starts_with('/'))
        return failure(Errc::bad_request, quote(text) +
                                              " is not an absolute path; allowed: a path that "
                                              "begins with '/'");
    value = text;
    return {};
}

Result<void> parse_value(std::string_view text, Range, FileMode& value) {
    std::uint32_t bits = 0;
    const char* end = text.data() + text.size();
    auto [stopped, problem] = std::from_chars(text.data(), end, bits, 8);
    bool is_octal = problem == std::errc{} && stopped == end && text.starts_with('0');
    if (!is_octal || text.size() > 4 || bits > 0777)
        return failure(Errc::bad_request, quote(text) +
                                              " is not a file mode; allowed: octal digits in "
                                              "quotes, from \"0000\" to \"0777\"");
    value.bits = bits;
    return {};
}

Result<void> parse_value(std::string_view text, Range range, std::uint32_t& value) {
    return parse_number(text, range, value);
}

Result<void> parse_value(std::string_view text, Range range, std::int32_t& value) {
    return parse_number(text, range, value);
}

Result<void> parse_value(std::string_view text, Range range, Millis& value) {
    auto duration = CCD_TRY(text::parse_duration(text));
    if (duration.count() < range.least || duration.count() > range.most)
        return failure(Errc::bad_request, quote(text) + " is outside " +
                                              text::to_string(Millis{range.least}) + " to " +
                                              text::to_string(Millis{range.most}));
    value = duration;
    return {};
}

Result<void> parse_value(std::string_view text, Range range, Bytes& value) {
    auto size = CCD_TRY(text::parse_size(text));
    Bytes least{static_cast<std::uint64_t>(range.least)};
    Bytes most{static_cast<std::uint64_t>(range.most)};
    if (size < least || size > most)
        return failure(Errc::bad_request, quote(text) + " is outside " + text::to_string(least) +
                                              " to " + text::to_string(most));
    value = size;
    return {};
}

Result<void> parse_value(std::string_view text, Range, ExecutorChoice& value) {
    return parse_choice(text, value);
}

Result<void> parse_value(std::string_view text, Range, GpuSource& value) {
    return parse_choice(text, value);
}

Result<void> parse_value(std::string_view text, Range, GpuPolicy& value) {
    return parse_choice(text, value);
}

std::string to_toml(const std::string& value) {
    std::string out = "\"";
    for (char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string to_toml(const std::filesystem::path& value) {
    return to_toml(value.string());
}

std::string to_toml(FileMode value) {
    std::string digits = "0000";
    for (std::size_t i = 0; i < digits.size(); ++i)
        digits[i] = static_cast<char>('0' + (value.bits >> (9 - 3 * i) & 7));
    return to_toml(digits);
}

std::string to_toml(std::uint32_t value) {
    return std::to_string(value);
}

std::string to_toml(std::int32_t value) {
    return std::to_string(value);
}

std::string to_toml(Millis value) {
    return to_toml(text::to_string(value));
}

std::string to_toml(Bytes value) {
    return to_toml(text::to_string(value));
}

std::string to_toml(ExecutorChoice value) {
    return to_toml(std::string(to_string(value)));
}

std::string to_toml(GpuSource value) {
    return to_toml(std::string(to_string(value)));
}

std::string to_toml(GpuPolicy value) {
    return to_toml(std::string(to_string(value)));
}

}  // namespace ccd::daemon
