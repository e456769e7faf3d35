#include "ctl/health.h"

namespace ccd::ctl {

int run(host::Health, const Session& session, const Parsed<host::Health>& parsed) {
    auto reply = session.call<host::Health>(parsed.request);
    if (!reply) {
        auto code = reply.error().code;
        if (code != Errc::unreachable && code != Errc::timeout) return session.fail(reply.error());
        reply = health_without_daemon(reply.error(), session.look.now);
    }
    auto code = session.show(session.globals.json ? line_of(json_of(*reply))
                                                  : print(host::Health{}, *reply, session.look));
    return code != 0 ? code : exit_code_of(*reply);
}

host::HealthReply health_without_daemon(const Error& error, WallTime now) {
    return {.status = "unhealthy",
            .database = "disconnected",
            .executor = {},
            .gpu = "none",
            .timestamp = now,
            .parts = {{.name = "daemon", .status = "unhealthy", .detail = error.message}}};
}

Json json_of(const host::HealthReply& reply) {
    auto object = object_of<host::Health::reply_fields>(reply);
    if (reply.executor.empty()) object["executor"] = nullptr;
    return object;
}

int exit_code_of(const host::HealthReply& reply) {
    if (reply.status == "healthy") return 0;
    return reply.status == "degraded" ? 1 : 2;
}

}  // namespace ccd::ctl
