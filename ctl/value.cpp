#include "ctl/value.h"

#include <charconv>
#include <chrono>

#include "lib/text/duration.h"
#include "lib/text/nearest.h"
#include "lib/text/quote.h"
#include "lib/text/size.h"
#include "lib/text/timestamp.h"

namespace ccd::ctl {

Result<void> read(std::string_view text, std::string& to) {
    to = text;
    return {};
}

Result<void> read(std::string_view text, double& to) {
    const char* end = text.data() + text.size();
    auto [stopped, problem] = std::from_chars(text.data(), end, to);
    if (problem != std::errc{} || stopped != end)
        return failure(Errc::bad_request, text::quote(text) + " is not a number");
    return {};
}

Result<void> read(std::string_view text, Blob& to) {
    to.bytes = text;
    return {};
}

Result<void> read(std::string_view text, Millis& to) {
    to = CCD_TRY(text::parse_duration(text));
    return {};
}

Result<void> read(std::string_view text, Bytes& to) {
    to = CCD_TRY(text::parse_size(text));
    return {};
}

Result<void> read(std::string_view text, WallTime& to) {
    if (!text.starts_with('+')) {
        to = CCD_TRY(text::parse_timestamp(text));
        return {};
    }
    auto from_now = CCD_TRY(text::parse_duration(text.substr(1)));
    to = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()) + from_now;
    return {};
}

Error not_one_of(std::string_view text, std::span<const std::string_view> names) {
    std::string message = text::quote(text) + " is not one of ";
    for (const auto& name : names) message.append(&name == names.data() ? "" : ", ").append(name);
    if (auto meant = text::nearest(text, names))
        message.append("; did you mean ").append(*meant).append("?");
    return Error{.code = Errc::bad_request, .message = std::move(message)};
}

}  // namespace ccd::ctl
