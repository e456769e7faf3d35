// Where a client finds the daemon when nobody says.
#pragma once

#include <string>

namespace ccd::client {

// $CCD_SOCKET; else the user instance's socket, $XDG_RUNTIME_DIR/ccd/ccd.sock, if it exists; else
// the system's.
std::string default_socket_path();

}  // namespace ccd::client
