// Jobs by number, and what only the store knows of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// Refuses none, and too many.
Result<void> check_ids(const std::vector<job::Id>& ids);

// Asked for at once: a row may be as large as a frame, and an answer has them all in memory.
inline constexpr std::uint32_t rows_at_once = 32;

// Of the commands of jobs that are tried again at once, in bytes.
inline constexpr std::size_t retry_limit = std::size_t{16} << 20;

// The question for the next jobs of a list, behind those that were found.
store::JobsById next_part(const std::vector<job::Id>& ids, std::size_t found);
store::JobPage next_part(store::JobPage page, std::size_t found);

// Asks the store, and the reply follows.
template <class Reply>
std::optional<Reply> ask(Context& context, store::Query query, service::Purpose purpose) {
    context.service.decide(service::Ask{.ticket = context.ticket,
                                        .caller = context.caller,
                                        .query = std::move(query),
                                        .purpose = std::move(purpose),
                                        .asked_at = context.asked_at});
    return std::nullopt;
}

}  // namespace ccd::handlers
