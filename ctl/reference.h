// The command part of docs/protocol.md: what stands in each request, reply and struct.
#pragma once

#include <string>

namespace ccd::ctl {

std::string reference();

}  // namespace ccd::ctl
