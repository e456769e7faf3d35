// Why a program could not be executed, and how that is said.
//
// The shim says it in the job's log, with the names of what it was about. The service manager is
// told the bare facts, for whatever it is told everybody can read; the executor, who knows the
// names, makes the sentence of them once more.
//
// Used by the executor and by the shim: no allocation, no exceptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/exec/record.h"
#include "daemon/exec/short_text.h"

namespace ccd::exec {

// Which step of the launch failed.
enum class Step : std::uint32_t {
    cwd = 1,
    standard_input,
    announcement,  // the manager was to be told that the program begins
    exec,
};

struct LaunchFailure {
    Step step{};
    std::int32_t error = 0;  // errno
    bool operator==(const LaunchFailure&) const = default;
};

// What a sentence about it names.
struct LaunchNames {
    std::string_view program;
    std::string_view cwd;
    std::string_view stdin_file;
};

// 125: ccd could not start it, 126: not executable, 127: not found.
std::int32_t exit_code_of(const LaunchFailure& failure);

// The sentence for people.
using Reason = ShortText<reason_limit>;
Reason reason_of(const LaunchFailure& failure, const LaunchNames& names);

// The words for the manager, and back.
using FailureText = ShortText<64>;
FailureText encode_failure(const LaunchFailure& failure);
std::optional<LaunchFailure> parse_failure(std::string_view text);

}  // namespace ccd::exec
