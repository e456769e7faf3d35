#include "ctl/look.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "lib/text/integer.h"

namespace ccd::ctl {
namespace {

constexpr std::array<std::string_view, 7> codes{"", "31", "32", "33", "34", "90", "1"};

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace

std::string Look::painted(std::string_view text, Colour colour) const {
    if (!has_colour || colour == Colour::none) return std::string{text};
    std::string painted{"\x1b["};
    painted.append(codes[static_cast<std::size_t>(colour)]).append("m").append(text);
    return painted.append("\x1b[0m");
}

Look look_of_output() {
    Look look{.now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()),
              .uid = ::getuid()};
    if (auto columns = text::parse_integer<std::size_t>(environment("COLUMNS"), 1))
        look.width = *columns;
    if (::isatty(STDOUT_FILENO) == 0) return look;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) look.width = size.ws_col;
    look.has_colour = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
    return look;
}

}  // namespace ccd::ctl
