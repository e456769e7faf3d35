#include "daemon/handlers/handlers.h"

namespace ccd::handlers {
namespace {

Result<admin::DrainReply> set_draining(Context& context, bool draining) {
    auto* durable = CCD_TRY(context.durable());
    durable->set_draining(draining);
    auto stats = durable->jobs.stats(context.now);
    return admin::DrainReply{
        .draining = draining, .running = stats.running + stats.starting, .queued = stats.queued};
}

}  // namespace

Result<admin::HelloReply> handle(admin::Hello, Context& context,
                                 const admin::HelloRequest& request) {
    if (request.protocol != admin::protocol_version)
        return failure(Errc::bad_request, "protocol " + std::to_string(request.protocol) +
                                              " is not spoken here; this is protocol " +
                                              std::to_string(admin::protocol_version));
    return admin::HelloReply{.protocol = admin::protocol_version,
                             .version = CCD_VERSION,
                             .uid = context.caller.uid,
                             .is_admin = context.caller.is_admin};
}

Result<std::optional<admin::CheckReply>> handle(admin::Check, Context& context,
                                                const admin::CheckRequest& request) {
    CCD_TRY(context.service.check_store());
    CCD_TRY(context.service.check.begin(
        context.ticket, request.repair ? service::Repair::yes : service::Repair::no, context.now));
    return std::optional<admin::CheckReply>{};
}

Result<admin::DrainReply> handle(admin::Drain, Context& context, const Nothing&) {
    return set_draining(context, true);
}

Result<admin::DrainReply> handle(admin::Resume, Context& context, const Nothing&) {
    return set_draining(context, false);
}

}  // namespace ccd::handlers
