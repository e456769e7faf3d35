// Words for the completion that only the daemon knows: `ccctl help --candidates KIND`.
//
//   jobs   what is not finished, and the caller's newest      mine   the caller's, not finished
//   ended  the caller's newest that are      users  of these jobs      tags, names  of the caller's
//   cards  by index and by UUID              pools
//
// It is quick or says nothing: a shell waits for it while somebody types. A word with anything in
// it that a shell might act on is left out, for others may have chosen it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/session.h"

namespace ccd::ctl {

// Whether a shell takes it as it is, whatever it does with it.
bool is_harmless(std::string_view word);

// A word a line, each once, in their order.
std::string candidates_of(std::string_view kind, const std::vector<job::View>& jobs,
                          std::uint32_t uid);

// Gives 0, come what may.
int show_candidates(Session& session, std::string_view kind);

}  // namespace ccd::ctl
