#include "tests/harness/words.h"

#include <string>

namespace ccd::harness {

Result<std::string_view> take_value(std::span<const char* const>& words) {
    if (words.size() < 2)
        return failure(Errc::bad_request, std::string{"'"} + words[0] + "' needs a value");
    words = words.subspan(1);
    return std::string_view{words[0]};
}

}  // namespace ccd::harness
