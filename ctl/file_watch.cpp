#include "ctl/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "ctl/session.h"

namespace ccd::ctl {
namespace {

constexpr Millis look_interval{200};

}  // namespace

FileWatch::FileWatch(int file) : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    auto path = "/proc/self/fd/" + std::to_string(file);
    if (inotify_ && ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY) < 0)
        inotify_.reset();
}

void FileWatch::wait(int other, std::optional<Millis> at_most) {
    if (!inotify_) at_most = std::min(at_most.value_or(look_interval), look_interval);
    std::array entries{pollfd{.fd = other, .events = POLLIN, .revents = 0},
                       pollfd{.fd = inotify_.get(), .events = POLLIN, .revents = 0}};
    ::poll(entries.data(), entries.size(), poll_timeout(at_most));
    // What the events say does not matter, only that they are taken.
    alignas(inotify_event) std::array<char, 4096> events;
    if (inotify_)
        while (::read(inotify_.get(), events.data(), events.size()) > 0) {
        }
}

}  // namespace ccd::ctl
