// Jobs by number, and what only the store knows of them.
#pragma once

#include <optional>
#include <vector>

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// Refuses none, and too many.
Result<void> check_ids(const std::vector<job::Id>& ids);

// Asks the store, and the reply follows.
template <class Reply>
std::optional<Reply> ask(Context& context, store::Query query, service::Purpose purpose) {
    context.service.decide(service::Ask{.ticket = context.ticket,
                                        .caller = context.caller,
                                        .query = std::move(query),
                                        .purpose = std::move(purpose)});
    return std::nullopt;
}

}  // namespace ccd::handlers
