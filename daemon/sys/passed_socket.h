// What the service manager hands over: the socket that it has made for us, so that who connects
// while we are away waits and is not refused, and what an earlier ccd gave it to keep.
#pragma once

#include <string>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/sys/descriptor_store.h"

namespace ccd::sys {

struct Passed {
    UniqueFd socket;  // none: none was handed over
    KeptDescriptors kept;
};

// The listening socket of this path, and all that was kept. Refuses (`bad-request`) a socket that
// is another. To be called once, before the process has threads: what told us of it is taken out of
// the environment.
Result<Passed> take_passed(const std::string& path);

}  // namespace ccd::sys
