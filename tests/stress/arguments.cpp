#include "tests/stress/arguments.h"

#include <charconv>

#include "lib/text/duration.h"
#include "tests/harness/words.h"

namespace ccd::stress {
namespace {

constexpr std::size_t scale_limit = 100;

Result<std::uint64_t> take_number(std::span<const char* const>& words, std::uint64_t limit) {
    auto text = CCD_TRY(harness::take_value(words));
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0 || number > limit)
        return failure(Errc::bad_request, "'" + std::string{text} + "' is no number from 1 to " +
                                              std::to_string(limit));
    return number;
}

Result<Millis> take_duration(std::span<const char* const>& words) {
    auto text = CCD_TRY(harness::take_value(words));
    return text::parse_duration(text);
}

// True if the word was an option; then its value is taken too.
Result<bool> take_option(std::span<const char* const>& words, Arguments& arguments) {
    std::string_view word{words[0]};
    if (word == "--json")
        arguments.format = Format::json;
    else if (word == "--help")
        arguments.wants_help = true;
    else if (word == "--socket")
        arguments.socket = CCD_TRY(harness::take_value(words));
    else if (word == "--report")
        arguments.report = CCD_TRY(harness::take_value(words));
    else if (word == "--duration")
        arguments.duration = CCD_TRY(take_duration(words));
    else if (word == "--scale")
        arguments.scale = CCD_TRY(take_number(words, scale_limit));
    else if (word == "--seed")
        arguments.seed = CCD_TRY(take_number(words, ~std::uint64_t{0}));
    else if (word.starts_with("-"))
        return failure(Errc::bad_request, "no option '" + std::string{word} + "'");
    else
        return false;
    return true;
}

}  // namespace

Result<Arguments> parse_arguments(std::span<const char* const> words) {
    Arguments arguments;
    for (; !words.empty(); words = words.subspan(1)) {
        if (CCD_TRY(take_option(words, arguments))) continue;
        if (!arguments.scenarios.empty())
            return failure(Errc::bad_request, std::string{"one scenario at a time, or all: '"} +
                                                  words[0] + "' is one too many");
        arguments.scenarios = CCD_TRY(find_scenarios(words[0]));
    }
    if (arguments.scenarios.empty() && !arguments.wants_help)
        return failure(Errc::bad_request, "which scenario?\n" + usage());
    return arguments;
}

std::string usage() {
    std::string text =
        "usage: ccd-stress SCENARIO [--socket PATH] [--duration D] [--scale N] [--seed N]"
        " [--report DIR] [--json]\n\n"
        "Puts promises of ccd to the test, with a daemon of its own or the one at the socket.\n"
        "With --report, writes report.json and report.html. Exit: 0 kept, 1 broken, 2 bad usage.\n";
    for (const auto& scenario : scenarios())
        text += "\n  " + std::string{scenario.name} + "\n      " + std::string{scenario.promise};
    return text + "\n  all\n      Each of these after the other\n";
}

}  // namespace ccd::stress
