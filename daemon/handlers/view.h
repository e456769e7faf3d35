// Jobs as a caller may see them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// Jobs as they are in memory, or by their rows once they are over. A reply waits for the last
// change of those in memory. Of others' jobs the details are left out: the command, directory, key,
// tags and what it waits for.
std::vector<job::View> views_of(const std::vector<const store::JobRow*>& rows, Context& context);

// Leaves out what a frame cannot hold: every job stays, then come reasons and cards, then details,
// of the first jobs as far as there is room. For a reply that did not fit.
void fit(std::vector<job::View>& views);

// The jobs named, all of them unfinished.
job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context);

// Splits what is stored as strings that are each ended by NUL, and back.
std::vector<std::string> split_strings(std::string_view joined);
std::string join_strings(const std::vector<std::string>& strings);

}  // namespace ccd::handlers
