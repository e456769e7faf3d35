#include "tests/stress/batch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <string_view>

#include "tests/harness/error.h"

namespace ccd::stress {
namespace {

// No JSON, no object, a name that is none, nothing to run, a value of the wrong kind, cards that no
// machine has, a pool that no configuration has.
constexpr std::array<std::string_view, 7> broken_lines{
    "nonsense",
    "[1, 2]",
    R"({"argv": ["/bin/true"], "gpsu": 1})",
    R"({"hold": true})",
    R"({"argv": "/bin/true"})",
    R"({"argv": ["/bin/true"], "gpus": 64})",
    R"({"argv": ["/bin/true"], "pool": "ccd-stress-no-such-pool"})",
};

}  // namespace

BatchFile::BatchFile(std::size_t lines, std::size_t broken_every, std::string mark)
    : mark_(std::move(mark)) {
    for (std::size_t number = 1; number <= lines; ++number) {
        bool is_broken = broken_every > 0 && number % broken_every == 0;
        if (is_broken)
            lines_.emplace_back(broken_lines[broken_.size() % broken_lines.size()]);
        else
            lines_.push_back(fmt::format(
                R"({{"argv": ["/bin/true", "{}"], "hold": true, "tag": ["{}"]}})", number, mark_));
        if (is_broken) broken_.push_back(number);
    }
}

std::size_t BatchFile::good_among(std::size_t count) const {
    auto broken = std::ranges::upper_bound(broken_, count) - broken_.begin();
    return count - static_cast<std::size_t>(broken);
}

std::string BatchFile::beginning(std::size_t lines) const {
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) text += lines_[i] + "\n";
    return text;
}

Result<void> BatchFile::write(const std::string& path) const {
    std::ofstream file{path};
    file << beginning(size()) << std::flush;
    if (!file) return harness::failure_from(errno, "cannot write '" + path + "'");
    return {};
}

std::size_t BatchFile::line_of(const std::vector<std::string>& argv) {
    std::size_t number = 0;
    if (argv.size() != 2) return 0;
    std::from_chars(argv[1].data(), argv[1].data() + argv[1].size(), number);
    return number;
}

}  // namespace ccd::stress
