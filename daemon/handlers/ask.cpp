#include "daemon/handlers/ask.h"

#include <algorithm>
#include <ranges>

namespace ccd::handlers {
namespace {

constexpr std::size_t ids_limit = 1'000;

}  // namespace

Result<void> check_ids(const std::vector<job::Id>& ids) {
    if (ids.empty()) return failure(Errc::bad_request, "no job is named");
    if (ids.size() > ids_limit)
        return failure(Errc::over_limit, std::to_string(ids.size()) + " jobs at once; at most " +
                                             std::to_string(ids_limit) + " are allowed");
    return {};
}

store::JobsById next_part(const std::vector<job::Id>& ids, std::size_t found) {
    auto left = ids | std::views::drop(found) | std::views::take(rows_at_once);
    return {.ids = {left.begin(), left.end()}};
}

store::JobPage next_part(store::JobPage page, std::size_t found) {
    page.limit = std::min(page.limit - static_cast<std::uint32_t>(found), rows_at_once);
    return page;
}

}  // namespace ccd::handlers
