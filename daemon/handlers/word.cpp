#include "daemon/handlers/word.h"

#include <algorithm>
#include <string>

namespace ccd::handlers {

Result<void> over_limit(std::string_view what, std::size_t is, std::size_t limit) {
    return failure(Errc::over_limit, std::string{what} + " is " + std::to_string(is) +
                                         "; at most " + std::to_string(limit) + " is allowed");
}

Result<void> check_word(std::string_view what, std::string_view word, std::size_t limit) {
    if (word.empty()) return failure(Errc::bad_request, std::string{what} + " is empty");
    if (word.size() > limit)
        return over_limit("the length of " + std::string{what}, word.size(), limit);
    auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(word, is_control))
        return failure(Errc::bad_request, std::string{what} + " has a control character");
    return {};
}

}  // namespace ccd::handlers
