// Whether there is a service manager to ask, and what it can do.
//
// Any thread; the calls read a few files of the kernel's.
#pragma once

#include <string>

namespace ccd::sys {

bool is_booted_with_systemd();

// Whether the user to whom this directory ($XDG_RUNTIME_DIR) belongs has a manager of his own.
bool has_user_manager(const std::string& runtime_dir);

// What jobs in the manager of this user do without, as the rest of a sentence: "; ...".
std::string limits_of_user_manager();
// The same of the machine's; empty where they lack nothing. `groups` is where the kernel's control
// groups are.
std::string limits_of_machine(const std::string& groups = "/sys/fs/cgroup");

}  // namespace ccd::sys
