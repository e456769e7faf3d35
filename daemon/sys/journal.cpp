#include "daemon/sys/journal.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "ccd/unique_fd.h"

namespace ccd::sys {
namespace {

// $JOURNAL_STREAM is "device:inode" of the stream that the manager gave us; ours may be another.
bool is_stderr_the_stream(const char* stream) {
    struct stat about {};
    if (fstat(STDERR_FILENO, &about) != 0) return false;
    return stream == std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
}

UniqueFd connect_to_journal() {
    UniqueFd journal{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string_view{"/run/systemd/journal/socket"}.copy(address.sun_path,
                                                         sizeof address.sun_path - 1);
    auto is_connected = journal && ::connect(journal.get(), reinterpret_cast<sockaddr*>(&address),
                                             sizeof address) == 0;
    return is_connected ? std::move(journal) : UniqueFd{};
}

}  // namespace

bool has_journal() {
    static const bool answer = [] {
        const char* stream = std::getenv("JOURNAL_STREAM");
        return stream != nullptr && is_stderr_the_stream(stream);
    }();
    return answer;
}

// Every value with its length, so that none needs to be looked at for line ends.
std::string encode_entry(std::span<const Field> fields) {
    std::string entry;
    for (const auto& field : fields) {
        entry.append(field.name).push_back('\n');
        auto length = static_cast<std::uint64_t>(field.value.size());
        for (int shift = 0; shift < 64; shift += 8)
            entry.push_back(static_cast<char>((length >> shift) & 0xff));
        entry.append(field.value).push_back('\n');
    }
    return entry;
}

// The connection is made anew for each: a journal that was restarted has another socket, and ccd
// says little.
bool send_entry(std::string_view entry) {
    UniqueFd journal = connect_to_journal();
    return journal && ::send(journal.get(), entry.data(), entry.size(), MSG_NOSIGNAL) ==
                          static_cast<ssize_t>(entry.size());
}

}  // namespace ccd::sys
