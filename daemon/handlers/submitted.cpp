#include "daemon/handlers/submitted.h"

namespace ccd::handlers {

std::vector<std::string> warnings_of(const service::Demand& demand, const Context& context) {
    if (demand.gpu_count == 0) return {};
    auto blockers = context.service.ledger.explain(demand);
    if (blockers.empty()) return {};
    return {"it waits: " + blockers.front().message};
}

job::SubmitReply reply_to(const service::Submitted& submitted, const service::Demand& demand,
                          Context& context) {
    context.depends_on = submitted.batch;
    job::SubmitReply reply{.id = submitted.id, .created = submitted.created};
    if (submitted.count > 0) reply.count = submitted.count;
    if (submitted.created) reply.warnings = warnings_of(demand, context);
    return reply;
}

}  // namespace ccd::handlers
