// ccd-bench: measures ccd against others.
//
// Exit: 0 measured, as far as it can be here; 1 ours could not be measured; 2 bad usage.
#include <cstdio>
#include <span>

#include "tests/bench/arguments.h"
#include "tests/bench/bench.h"
#include "tests/bench/stamp.h"

namespace {

using namespace ccd;

int measure_all(const bench::Arguments& arguments) {
    bool is_good = true;
    std::vector<bench::Line> all;
    for (const auto* variant : arguments.variants) {
        auto note = [&](const std::string& text) {
            std::fprintf(stderr, "%s: %s\n", variant->full_name().c_str(), text.c_str());
        };
        auto lines = bench::measure(*variant, arguments.setting, note);
        if (!lines) {
            note(lines.error().message);
            is_good = false;
            continue;
        }
        for (const auto& line : *lines) {
            if (arguments.format == bench::Format::json)
                std::printf("%s\n", bench::to_json(line).c_str());
            all.push_back(line);
        }
        std::fflush(stdout);
    }
    if (arguments.format == bench::Format::table) std::fputs(bench::to_table(all).c_str(), stdout);
    return is_good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::span<const char* const> words{argv + 1, argv + argc};
    if (words.size() == 2 && std::string_view{words[0]} == "--stamp")  // as a job of ours
        return bench::write_stamp(words[1], bench::monotonic_now()) ? 0 : 1;
    auto arguments = bench::parse_arguments(words);
    if (!arguments) {
        std::fprintf(stderr, "ccd-bench: %s\n", arguments.error().message.c_str());
        return 2;
    }
    if (arguments->wants_help) {
        std::fputs(bench::usage().c_str(), stdout);
        return 0;
    }
    return measure_all(*arguments);
}
