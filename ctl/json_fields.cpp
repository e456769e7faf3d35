#include "ctl/json_fields.h"

#include <algorithm>

#include "lib/text/nearest.h"
#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

std::string_view kind_of(const Json& json) {
    if (json.is_null()) return "null";
    if (json.is_boolean()) return "true or false";
    if (json.is_string()) return "text";
    if (json.is_array()) return "a list";
    if (json.is_object()) return "an object";
    return json.is_number_float() ? "a number with a point" : "a number";
}

// What may be text, or a number in the unit of the wire.
template <class T>
Result<void> read_quantity(const Json& json, std::string_view wanted, T& to) {
    if (json.is_string()) return read(std::string_view{json.get_ref<const std::string&>()}, to);
    if (!json.is_number_integer()) return wrong_kind(wanted, json);
    std::int64_t number = 0;
    CCD_TRY(read(std::string_view{json.dump()}, number));
    if (number < 0) return failure(Errc::bad_request, json.dump() + " is less than 0");
    if constexpr (std::same_as<T, WallTime>)
        to = WallTime{Millis{number}};
    else if constexpr (std::same_as<T, Bytes>)
        to = Bytes{static_cast<std::uint64_t>(number)};
    else
        to = T{number};
    return {};
}

}  // namespace

tl::unexpected<Error> wrong_kind(std::string_view wanted, const Json& json) {
    return failure(Errc::bad_request,
                   "must be " + std::string{wanted} + ", not " + std::string{kind_of(json)});
}

Result<void> check_name(std::string_view name, std::span<const std::string_view> known) {
    if (std::ranges::find(known, name) != known.end()) return {};
    auto message = "unknown parameter " + text::quote(name);
    if (auto meant = text::nearest(name, known))
        message.append("; did you mean ").append(*meant).append("?");
    return failure(Errc::bad_request, std::move(message));
}

Result<void> read(const Json& json, bool& to) {
    if (!json.is_boolean()) return wrong_kind("true or false", json);
    to = json.get<bool>();
    return {};
}

Result<void> read(const Json& json, double& to) {
    if (!json.is_number()) return wrong_kind("a number", json);
    to = json.get<double>();
    return {};
}

Result<void> read(const Json& json, std::string& to) {
    if (!json.is_string()) return wrong_kind("text", json);
    to = json.get_ref<const std::string&>();
    return {};
}

Result<void> read(const Json& json, Millis& to) {
    return read_quantity(json, "a duration, as \"10m\" or in milliseconds", to);
}

Result<void> read(const Json& json, Bytes& to) {
    return read_quantity(json, "a size, as \"8GiB\" or in bytes", to);
}

Result<void> read(const Json& json, WallTime& to) {
    return read_quantity(json, "a time, as \"2026-01-31T08:00:00Z\" or in milliseconds", to);
}

}  // namespace ccd::ctl
