// The shim's side of the record: the claim at its beginning, the end at its own.
//
// Owner: the shim's main. See daemon/exec/record.h for the file.
#pragma once

#include <string_view>

#include "ccd/unique_fd.h"
#include "daemon/exec/record.h"

namespace ccd::exec {

class Evidence {
public:
    // Turns the ticket into a record of this process. False where the ticket is gone: then
    // nothing may be run.
    bool claim(const char* folder, std::string_view label, std::string_view nonce,
               std::string_view boot_id);

    void write_begun(BegunPart part);

    // Waits for as long as there is no room on the disk, so that the exit is not lost.
    void write_end(EndPart part);

private:
    UniqueFd file_;
};

}  // namespace ccd::exec
