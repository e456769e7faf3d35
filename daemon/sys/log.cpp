#include "daemon/sys/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace ccd::sys {

void log(Priority priority, std::string_view text) {
    static const bool is_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    std::string line;
    if (is_journal)
        line = "<" + std::to_string(static_cast<int>(priority)) + ">";
    else
        line = "ccd: ";
    constexpr std::size_t limit = 1'024;
    for (char c : text.substr(0, limit))
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    line.push_back('\n');
    // A log that cannot be written has nobody to be told.
    [[maybe_unused]] auto written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ccd::sys
