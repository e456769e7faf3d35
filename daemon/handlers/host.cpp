#include "daemon/handlers/handlers.h"

namespace ccd::handlers {

Result<host::GpusReply> handle(host::Gpus, Context& context, const Nothing&) {
    return host::GpusReply{.gpus = context.service.ledger.view()};
}

Result<host::StatsReply> handle(host::Stats, Context& context, const Nothing&) {
    return context.host.stats(context.now);
}

Result<host::HealthReply> handle(host::Health, Context& context, const Nothing&) {
    return context.host.health(context.now);
}

Result<host::VersionReply> handle(host::Version, Context&, const Nothing&) {
    return host::VersionReply{.version = CCD_VERSION, .protocol = admin::protocol_version};
}

Result<Nothing> handle(host::Ping, Context&, const Nothing&) {
    return Nothing{};
}

}  // namespace ccd::handlers
