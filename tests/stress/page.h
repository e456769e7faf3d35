// The report as one HTML page that needs nothing beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/stress/report.h"

namespace ccd::stress {

// `subject` says what was tested, such as the socket.
std::string to_html(const std::vector<Report>& reports, std::string_view subject);

std::string escape_html(std::string_view text);

}  // namespace ccd::stress
