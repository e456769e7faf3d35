#include "daemon/handlers/signal_name.h"

#include <charconv>
#include <csignal>
#include <cstring>

#include "daemon/handlers/word.h"

namespace ccd::handlers {

Result<int> parse_signal(std::string_view text) {
    int number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size() && number > 0 &&
        number <= SIGRTMAX)
        return number;
    auto name = text.starts_with("SIG") ? text.substr(3) : text;
    for (number = 1; number < SIGRTMIN; ++number)
        if (const char* known = sigabbrev_np(number); known != nullptr && name == known)
            return number;
    return failure(Errc::bad_request, "'" + std::string{text.substr(0, word_limit)} +
                                          "' is no signal; say for example USR1, TERM or 15");
}

}  // namespace ccd::handlers
