// Whether somebody has an account here that jobs may be run under.
//
// Accounts stand in the machine's own files, or in a directory on the network, which may take its
// time.
//
// Any thread; the calls block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"

struct spwd;

namespace ccd::sys {

// Refuses, with a sentence, a uid without an account (`not-found`), and one that the administrator
// has closed (`denied`): expired, or its password locked. An account that never had a password, as
// those of services have none, is open. `internal`: it cannot be found out now.
Result<void> check_account(std::uint32_t uid, WallTime now);

// The same from the machine's own files alone, which takes no time; nothing if they do not know it
// all. `files` is where they are.
std::optional<Result<void>> check_local_account(std::uint32_t uid, WallTime now,
                                                const std::string& files = "/etc");

// What follows from the answer to a look-up of shadow(5): its error, and the entry if there is one.
Result<void> check_shadow(const std::string& name, int error, const spwd* entry, WallTime now);

// Of a password as it stands in /etc/shadow: it was set, and has been locked since.
bool is_locked_password(std::string_view password);

}  // namespace ccd::sys
