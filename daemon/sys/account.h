// Whether somebody has an account here that jobs may be run under.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ccd/result.h"

namespace ccd::sys {

// The name of the account. Refuses, with a sentence, a uid without one (`not-found`), and one that
// the administrator has closed (`denied`): expired, or its password locked. An account that never
// had a password, as those of services have none, is open. May block: it asks the system. Any
// thread.
Result<std::string> open_account(std::uint32_t uid);

// Of a password as it stands in /etc/shadow: it was set, and has been locked since.
bool is_locked_password(std::string_view password);

}  // namespace ccd::sys
