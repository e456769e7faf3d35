#include "daemon/sys/log.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace ccd::sys {
namespace {

std::atomic<std::uint64_t> dropped = 0;  // lines, since one was last taken

std::string line_of(std::string_view text) {
    std::string line;
    constexpr std::size_t limit = 1'024;
    for (char c : text.substr(0, limit))
        line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    return line;
}

// Whether it was taken. A pipe or socket that is ready takes a line of ours whole.
bool write_now(const std::string& line) {
    auto whole = "ccd: " + line + "\n";
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return poll(&ready, 1, 0) == 1 && write(STDERR_FILENO, whole.data(), whole.size()) > 0;
}

bool tell(Priority priority, std::string_view text, std::vector<Field> fields) {
    auto line = line_of(text);
    if (!has_journal()) return write_now(line);
    fields.push_back({"MESSAGE", std::move(line)});
    fields.push_back({"PRIORITY", std::to_string(static_cast<int>(priority))});
    fields.push_back({"SYSLOG_IDENTIFIER", "ccd"});
    return send_entry(encode_entry(fields));
}

}  // namespace

void log(Priority priority, std::string_view text, std::vector<Field> fields) {
    if (auto lost = dropped.exchange(0); lost > 0) {
        auto told = "lines of this log that nobody took, and were dropped: " + std::to_string(lost);
        if (!tell(Priority::warning, told, {})) dropped += lost;
    }
    if (!tell(priority, text, std::move(fields))) ++dropped;
}

}  // namespace ccd::sys
