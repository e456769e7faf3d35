// One line for each thing worth telling, to the journal or to standard error.
//
// One failure, one line, one reporter: only daemon/net and daemon/*.cpp log, all below returns. A
// failure we survive ends with "ignoring" or "retrying". User text stands in single quotes; what
// could break a line or a terminal is replaced. The journal gets fields besides, to search by.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/sys/journal.h"

namespace ccd::sys {

// As syslog's.
enum class Priority : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };

// Any thread. Never waits for a reader: a line that nobody takes is dropped, and the next one that
// is taken tells how many were.
void log(Priority priority, std::string_view text, std::vector<Field> fields = {});

}  // namespace ccd::sys
