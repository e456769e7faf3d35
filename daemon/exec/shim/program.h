// The job's own program, from fork to exec.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "ccd/unique_fd.h"
#include "daemon/exec/record.h"
#include "daemon/exec/spec.h"
#include "daemon/exec/status.h"

namespace ccd::exec {

// Which step of the launch failed.
enum class Step : std::uint32_t { cwd = 1, standard_input, exec };

// What the child tells through its pipe where it could not become the program.
struct LaunchFailure {
    Step step{};
    std::int32_t error = 0;  // errno
};

struct Program {
    pid_t pid = -1;
    UniqueFd failure;  // yields a LaunchFailure, or its end when the program was executed
};

// Becomes the program in place of this process: with its umask, directory and standard input, and
// with the descriptors 0, 1 and 2 only. `before_exec` is called when nothing but the execution can
// fail any more. Returns only where it could not.
LaunchFailure become_program(const SpecView& spec, void (*before_exec)());

// Forks the child that becomes the program: in a session of its own, killed with the shim. `pid` is
// -1 where fork or pipe failed; see errno.
Program launch_program(const SpecView& spec);

// 125: ccd could not start it, 126: not executable, 127: not found.
std::int32_t exit_code_of(const LaunchFailure& failure);

// The sentence for people.
using Reason = ShortText<reason_limit>;
Reason reason_of(const LaunchFailure& failure, const SpecView& spec);

}  // namespace ccd::exec
