// Replies that had to wait for the store.
#pragma once

#include <string>

#include "daemon/handlers/dispatch.h"
#include "daemon/service/decisions.h"

namespace ccd::handlers {

// Turns the store's answer into the reply of the request that asked, by its ticket in `context`.
// `later`: nothing is to be said yet, or the rules have decided what else to do first.
Outcome complete(Context& context, service::Purpose purpose, Result<store::Answer> answer,
                 std::string& out);

}  // namespace ccd::handlers
