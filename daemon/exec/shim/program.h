// The job's own program, from fork to exec.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "ccd/unique_fd.h"
#include "daemon/exec/launch_failure.h"
#include "daemon/exec/spec.h"

namespace ccd::exec {

struct Program {
    pid_t pid = -1;
    UniqueFd failure;  // yields a LaunchFailure, or its end when the program was executed
};

// Becomes the program in place of this process: with its umask, directory and standard input, and
// with the descriptors 0, 1 and 2 only. `before_exec` is called when nothing but the execution can
// fail any more, of a program that can be found and executed as far as can be told; where it
// returns an errno, nothing is executed. Returns only where it could not.
LaunchFailure become_program(const SpecView& spec, int (*before_exec)());

// Forks the child that becomes the program: in a session of its own, killed with the shim. `pid` is
// -1 where fork or pipe failed; see errno.
Program launch_program(const SpecView& spec);

LaunchNames names_of(const SpecView& spec);

}  // namespace ccd::exec
