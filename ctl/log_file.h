// The output of a job, read through the descriptor that the daemon has lent.
//
// Of an output that has grown beyond its limit the daemon gives the middle back to the file system.
// What is left out is a hole in the file, in whose place a line says how much it was; all else is
// copied as it is.
//
// The offset is kept here: others may hold the same open file.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::ctl {

class LogFile {
public:
    explicit LogFile(UniqueFd file) : file_(std::move(file)) {}

    int descriptor() const { return file_.get(); }

    // Reading begins at the last `lines` lines; one without its line feed counts. A hole counts as
    // one.
    Result<void> seek_tail(std::uint64_t lines);

    // Copies what there is from here on.
    Result<void> copy_to(int descriptor);

private:
    Result<void> skip_hole(int descriptor);

    UniqueFd file_;
    off_t offset_ = 0;
    bool is_in_line_ = false;  // what was copied last does not end a line
};

}  // namespace ccd::ctl
