#include "daemon/handlers/ask.h"

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

}  // namespace ccd::handlers
