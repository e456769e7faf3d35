#include "ctl/cell.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "ctl/display.h"
#include "lib/text/duration.h"
#include "lib/text/size.h"
#include "lib/text/timestamp.h"

namespace ccd::ctl {
namespace {

// Three digits that count, or all before the point; never in the notation of a locale.
std::string rounded(double value) {
    std::array<char, 400> digits;  // the largest double has 309 before the point
    auto last = digits.data() + digits.size();
    auto [end, problem] =
        value < 100 ? std::to_chars(digits.data(), last, value, std::chars_format::general, 3)
                    : std::to_chars(digits.data(), last, value, std::chars_format::fixed, 0);
    return problem == std::errc{} ? std::string{digits.data(), end} : std::string{"?"};
}

std::string seconds(double value) {
    if (value > 0 && value < 1e-3) return rounded(value * 1e6) + "us";
    if (value > 0 && value < 1) return rounded(value * 1e3) + "ms";
    return rounded(value) + "s";
}

bool is_plain(std::string_view word) {
    constexpr std::string_view harmless{"_-+=.,:/@%^"};
    return !word.empty() && std::ranges::all_of(word, [=](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               harmless.find(c) != harmless.npos;
    });
}

}  // namespace

std::string text_of(bool value) {
    return value ? "yes" : "no";
}

std::string text_of(double value) {
    return rounded(value);
}

std::string text_of(const std::string& value) {
    return printable(value);
}

std::string text_of(const Blob& value) {
    return printable(value.bytes);
}

std::string text_of(Millis value) {
    return text::format_duration(value);
}

std::string text_of(WallTime value) {
    return text::to_string(value);
}

std::string text_of(Bytes value) {
    return text::format_size(value);
}

std::string text_of(const host::Slots& value) {
    return std::to_string(value.used) + "/" + std::to_string(value.max);
}

std::string text_of(const host::Quantiles& value) {
    return "p50 " + seconds(value.p50) + " p99 " + seconds(value.p99);
}

std::string command_line(const std::vector<std::string>& argv) {
    std::string line;
    for (const auto& word : argv) {
        if (!line.empty()) line.push_back(' ');
        if (is_plain(word)) {
            line.append(word);
            continue;
        }
        line.push_back('\'');
        for (char c : word)
            if (c == '\'')
                line.append("'\\''");
            else
                line.push_back(c);
        line.push_back('\'');
    }
    return printable(line);
}

std::string state_of(const job::View& job) {
    std::string state{to_string(job.state)};
    if (job.signal) {
        const char* name = ::sigabbrev_np(*job.signal);
        state.append(" (").append(name != nullptr ? name : std::to_string(*job.signal)).append(")");
    } else if (job.exit_code && *job.exit_code != 0) {
        state.append(" (").append(std::to_string(*job.exit_code)).append(")");
    }
    if (!job.confirmed) state.append(" unconfirmed");
    return state;
}

std::string time_of(const job::View& job, WallTime now) {
    auto text = [](WallTime from, WallTime to) {
        return text::format_duration(std::max(to - from, Millis{0}));
    };
    if (job::is_final(job.state)) {
        if (!job.started_at || !job.finished_at) return {};
        return text(*job.started_at, *job.finished_at);
    }
    if (job.state == job::State::running && job.started_at) return text(*job.started_at, now);
    return text(job.submitted_at, now);
}

}  // namespace ccd::ctl
