// Waits until a file has grown, at no cost to who writes it.
//
// By inotify, on the inode behind our descriptor; where that is not allowed (the file may be
// root's and only lent to us) by looking five times a second.
#pragma once

#include <optional>

#include "ccd/time.h"
#include "ccd/unique_fd.h"

namespace ccd::ctl {

class FileWatch {
public:
    explicit FileWatch(int file);

    // Until the file may have grown since the last wait, `other` is readable, or this long.
    void wait(int other, std::optional<Millis> at_most);

private:
    UniqueFd inotify_;  // none: it is not allowed
};

}  // namespace ccd::ctl
