// Jobs as a caller may see them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// Jobs as they are in memory, or by their rows once they are over. A reply waits for the last
// change of those in memory. Of others' jobs the command, directory, key and tags are left out, and
// so they are where the reply would not fit a frame: a command line may be as long as one.
std::vector<job::View> views_of(const std::vector<const store::JobRow*>& rows, Context& context);

// The jobs named, all of them unfinished.
job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context);

// Splits what is stored as strings that are each ended by NUL, and back.
std::vector<std::string> split_strings(std::string_view joined);
std::string join_strings(const std::vector<std::string>& strings);

}  // namespace ccd::handlers
