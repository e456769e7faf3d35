// The reply to a submit.
#pragma once

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// What a person would want to know of a job that asks for this and cannot start at once.
std::vector<std::string> warnings_of(const service::Demand& demand, const Context& context);

// It waits for the commit. Of a job that was known already no warnings are told: it may run, or
// have ended.
job::SubmitReply reply_to(const service::Submitted& submitted, const service::Demand& demand,
                          Context& context);

}  // namespace ccd::handlers
