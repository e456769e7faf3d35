// The processes of the job: everything that descends from the shim.
//
// The shim is a subreaper, so nothing leaves the tree by forking twice or by a new session; what
// a dead parent leaves behind becomes a child of the shim.
#pragma once

namespace ccd::exec {

// Sends `signal` to every descendant of this process, each told apart from later processes with
// its number. One that is forked meanwhile may be missed: to end all, repeat until none is left.
void signal_descendants(int signal);

}  // namespace ccd::exec
