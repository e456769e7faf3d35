// What the system refused, as an Error.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "ccd/result.h"

namespace ccd::harness {

// `number` is an errno.
inline tl::unexpected<Error> failure_from(int number, std::string_view what) {
    return failure(Errc::internal, std::string{what} + ": " + std::strerror(number));
}

}  // namespace ccd::harness
