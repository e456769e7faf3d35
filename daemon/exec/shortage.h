// Failures that say nothing about what was looked at: this machine, or this process, is short of
// something for now.
#pragma once

#include <cerrno>

namespace ccd::exec {

// Of descriptors or memory.
constexpr bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

}  // namespace ccd::exec
