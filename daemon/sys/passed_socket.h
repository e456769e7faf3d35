// The socket that the service manager has made for us, and keeps while we are away: who connects
// meanwhile waits, and is not refused.
#pragma once

#include <string>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::sys {

// The listening socket of this path, if it was handed over; no descriptor if none was. Refuses
// (`bad-request`) what was handed over and is another. To be called once, before the process has
// threads: what told us of it is taken out of the environment.
Result<UniqueFd> take_passed_socket(const std::string& path);

}  // namespace ccd::sys
