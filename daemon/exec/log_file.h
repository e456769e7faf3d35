// The output of one attempt, as a file.
//
// Any thread; the calls block.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::exec {

// Opens it for the program, to be appended to; the file and its directory are made if need be.
Result<UniqueFd> open_log(const std::string& path);

// Says in it what ccd has to say.
void write_last_line(const UniqueFd& log, std::string_view sentence);

// Removes the log of what never began: one without a word in it.
void drop_empty_log(const std::string& path);

// An attempt could not be begun. One that never can be is told why in its log; of one that may be
// tried again (`internal`) no empty log is left.
void give_up_log(const UniqueFd& log, const std::string& path, const Error& why);

}  // namespace ccd::exec
