// Keeps descriptors for a ccd that has no service manager to do so, while it is away.
//
// One process for a ccd, begun with the first descriptor. It serves one connection at a time, the
// latest; see daemon/exec/keeping.h. It ends when its socket is taken away, or when a ccd that has
// ended by itself does not come back.
#pragma once

namespace ccd::exec {

// Makes the socket, and goes on in a process of its own; the caller's ends when it can be
// connected to. Exit status: 0 it is there, 1 it could not be made.
int keep_descriptors(const char* path);

}  // namespace ccd::exec
