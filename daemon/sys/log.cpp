#include "daemon/sys/log.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace ccd::sys {
namespace {

std::atomic<std::uint64_t> dropped = 0;  // lines, since one was last taken

std::string line_of(Priority priority, std::string_view text) {
    static const bool is_journal = std::getenv("JOURNAL_STREAM") != nullptr;
    std::string line =
        is_journal ? "<" + std::to_string(static_cast<int>(priority)) + ">" : "ccd: ";
    constexpr std::size_t limit = 1'024;
    for (char c : text.substr(0, limit))
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    line.push_back('\n');
    return line;
}

// Whether it was taken. A pipe or socket that is ready takes a line of ours whole.
bool write_now(const std::string& line) {
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return poll(&ready, 1, 0) == 1 && write(STDERR_FILENO, line.data(), line.size()) > 0;
}

}  // namespace

void log(Priority priority, std::string_view text) {
    if (auto lost = dropped.exchange(0); lost > 0) {
        auto told = "lines of this log that nobody took, and were dropped: " + std::to_string(lost);
        if (!write_now(line_of(Priority::warning, told))) dropped += lost;
    }
    if (!write_now(line_of(priority, text))) ++dropped;
}

}  // namespace ccd::sys
