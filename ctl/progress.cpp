#include "ctl/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "ctl/display.h"
#include "ctl/output.h"

namespace ccd::ctl {
namespace {

constexpr Millis interval{100};

std::size_t width_of_terminal() {
    winsize size{};
    bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(bool is_wanted) : is_shown_(is_wanted && ::isatty(STDERR_FILENO) == 1) {}

bool Progress::is_due() const {
    return is_shown_ && (!next_ || client::time_until(*next_) == Millis{0});
}

void Progress::show(std::string_view text) {
    if (!is_due()) return;
    next_ = client::deadline_after(interval);
    has_text_ = true;
    // One column less, or some terminals go on to the next line.
    auto line = "\r" + clipped(text, width_of_terminal() - 1) + "\x1b[K";
    static_cast<void>(write_all(STDERR_FILENO, line));
}

void Progress::clear() {
    if (std::exchange(has_text_, false)) static_cast<void>(write_all(STDERR_FILENO, "\r\x1b[K"));
}

}  // namespace ccd::ctl
