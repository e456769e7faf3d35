#include "tests/bench/arguments.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "tests/harness/words.h"

namespace ccd::bench {
namespace {

Result<harness::Nanos> take_seconds(std::span<const char* const>& words) {
    auto text = CCD_TRY(harness::take_value(words));
    double seconds = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || !(seconds >= 0.001) ||
        seconds > 3600)
        return failure(Errc::bad_request,
                       "'" + std::string{text} + "' is no number of seconds from 0.001 to 3600");
    return std::chrono::duration_cast<harness::Nanos>(std::chrono::duration<double>{seconds});
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        auto end = std::min(text.find(','), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace

Result<Arguments> parse_arguments(std::span<const char* const> words) {
    Arguments arguments;
    std::vector<std::string> cases;
    for (; !words.empty(); words = words.subspan(1)) {
        std::string_view word{words[0]};
        if (word == "--json")
            arguments.format = Format::json;
        else if (word == "--help")
            arguments.wants_help = true;
        else if (word == "--seconds")
            arguments.setting.run = CCD_TRY(take_seconds(words));
        else if (word == "--against")
            arguments.setting.against = split(CCD_TRY(harness::take_value(words)));
        else if (word.starts_with("-"))
            return failure(Errc::bad_request, "no option '" + std::string{word} + "'");
        else
            cases.emplace_back(word);
    }
    CCD_TRY(check_peers(arguments.setting.against));
    arguments.variants = CCD_TRY(find_variants(cases));
    return arguments;
}

std::string usage() {
    std::string text =
        "usage: ccd-bench [CASE[/VARIANT]...] [--json] [--against PEER,..] [--seconds N]\n\n"
        "Measures ccd against others, by turns, and shows the medians. Durable cases are\n"
        "measured in $CCD_BENCH_DIR, else in /var/tmp. The cases and their peers:\n";
    for (const auto& variant : variants()) {
        text += "  " + variant.full_name();
        for (auto peer : variant.peers) text += " " + std::string{peer};
        text += "\n";
    }
    return text;
}

}  // namespace ccd::bench
