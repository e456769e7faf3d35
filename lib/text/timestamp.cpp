#include "lib/text/timestamp.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "lib/text/quote.h"

namespace ccd::text {
namespace {

using std::chrono::sys_days;

constexpr WallTime first{sys_days{std::chrono::year{0} / 1 / 1}};
constexpr WallTime last{sys_days{std::chrono::year{10'000} / 1 / 1} - Millis{1}};

tl::unexpected<Error> refusal(std::string_view text) {
    return failure(
        Errc::bad_request,
        quote(text) + " is not a time; allowed: a time in UTC such as 2026-03-01T12:00:00.250Z");
}

std::string padded(unsigned value, std::size_t width) {
    auto digits = std::to_string(value);
    return std::string(width - std::min(width, digits.size()), '0') + digits;
}

// Reads a text from left to right; after the first thing that is not as expected, nothing fits.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool has_failed() const { return has_failed_; }
    bool is_at_end() const { return rest_.empty(); }

    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char wanted) { has_failed_ |= !take(wanted); }

    // Up to `most` digits.
    std::string_view digits(std::size_t most) {
        auto count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        auto found = rest_.substr(0, std::min(count, most));
        rest_.remove_prefix(found.size());
        return found;
    }

    // Exactly `width` digits, from 0 to `most`.
    unsigned number(std::size_t width, unsigned most) {
        auto found = digits(width);
        unsigned value = 0;
        for (char digit : found) value = value * 10 + static_cast<unsigned>(digit - '0');
        has_failed_ |= found.size() != width || value > most;
        return value;
    }

    // One to three decimals, as thousandths.
    unsigned thousandths() {
        auto found = digits(3);
        has_failed_ |= found.empty();
        unsigned value = 0;
        for (std::size_t i = 0; i < 3; ++i)
            value = value * 10 + (i < found.size() ? static_cast<unsigned>(found[i] - '0') : 0);
        return value;
    }

private:
    std::string_view rest_;
    bool has_failed_ = false;
};

}  // namespace

std::string to_string(WallTime moment) {
    moment = std::clamp(moment, first, last);
    auto day = std::chrono::floor<std::chrono::days>(moment);
    std::chrono::year_month_day date{day};
    std::chrono::hh_mm_ss time{moment - day};
    auto number = [](auto part) { return static_cast<unsigned>(part.count()); };
    return padded(static_cast<unsigned>(static_cast<int>(date.year())), 4) + "-" +
           padded(static_cast<unsigned>(date.month()), 2) + "-" +
           padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(number(time.hours()), 2) +
           ":" + padded(number(time.minutes()), 2) + ":" + padded(number(time.seconds()), 2) + "." +
           padded(number(time.subseconds()), 3) + "Z";
}

Result<WallTime> parse_timestamp(std::string_view text) {
    Scanner scanner{text};
    auto year = scanner.number(4, 9999);
    scanner.expect('-');
    auto month = scanner.number(2, 12);
    scanner.expect('-');
    auto day = scanner.number(2, 31);
    scanner.expect('T');
    std::chrono::hours hour{scanner.number(2, 23)};
    scanner.expect(':');
    std::chrono::minutes minute{scanner.number(2, 59)};
    scanner.expect(':');
    std::chrono::seconds second{scanner.number(2, 59)};
    Millis fraction{scanner.take('.') ? scanner.thousandths() : 0};
    scanner.expect('Z');
    std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                     std::chrono::month{month}, std::chrono::day{day}};
    if (scanner.has_failed() || !scanner.is_at_end() || !date.ok()) return refusal(text);
    return WallTime{sys_days{date}} + hour + minute + second + fraction;
}

}  // namespace ccd::text
