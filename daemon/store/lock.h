// The claim of one daemon to its state directory.
//
// Taken before SQLite opens anything: a second connection to a live database can lose
// transactions (SQLite before 3.51.3), so a second daemon must not get that far. The kernel frees
// it with the last copy of the descriptor, however the daemon ends.
//
// Owner: main, from before the store is opened until after it is closed.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::store {

class StateLock {
public:
    // `conflict` where another holds it. `file` is the lock's own, `kind` what the directory is.
    static Result<StateLock> take(const std::string& directory, std::string_view file = "lock",
                                  std::string_view kind = "state directory");

private:
    explicit StateLock(UniqueFd file) : file_(std::move(file)) {}

    UniqueFd file_;
};

}  // namespace ccd::store
