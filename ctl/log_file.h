// The output of a job, read through the descriptor that the daemon has lent.
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

    // Reading begins at the last `lines` lines; one without its line feed counts.
    Result<void> seek_tail(std::uint64_t lines);

    // Copies what there is from here on.
    Result<void> copy_to(int descriptor);

private:
    UniqueFd file_;
    off_t offset_ = 0;
};

}  // namespace ccd::ctl
