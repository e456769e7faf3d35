// How a failure is told to C: a negative number, and a sentence that the thread keeps.
//
// Thread: any; each has its own sentence.
#pragma once

#include <chrono>
#include <optional>

#include "ccd/ccd.h"
#include "ccd/result.h"

namespace ccd::abi {

// The number; the sentence is what ccd_error() says from now on.
int fail(const Error& error);
int fail_for(const char* argument);  // that is NULL, or no value of its enum

// Of what is done in a queue's memory: there `not_found` says that it was destroyed.
int fail_in_queue(const Error& error);

template <class T>
int code_of(const Result<T>& result) {
    return result ? static_cast<int>(CCD_OK) : fail(result.error());
}

// None: for ever.
inline std::optional<std::chrono::nanoseconds> patience_of(std::int64_t timeout_ns) {
    if (timeout_ns < 0) return std::nullopt;
    return std::chrono::nanoseconds{timeout_ns};
}

}  // namespace ccd::abi
