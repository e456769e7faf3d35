#include "ctl/version.h"

namespace ccd::ctl {
namespace {

using Reply = host::VersionReply;

std::string json_of(const Result<Reply>& reply) {
    auto object = object_of<host::Version::reply_fields>(reply.value_or(Reply{}));
    // What only the daemon knows.
    if (!reply)
        for (auto& value : object) value = nullptr;
    object["client_version"] = CCD_VERSION;
    return line_of(object);
}

std::string text_of(const Result<Reply>& reply) {
    std::string text{"ccctl " CCD_VERSION "\n"};
    if (reply)
        text.append("ccd " + ctl::text_of(reply->version) + " (protocol " +
                    ctl::text_of(reply->protocol) + ")\n");
    return text;
}

}  // namespace

int run(host::Version, const Session& session, const Parsed<host::Version>& parsed) {
    auto reply = session.call<host::Version>(parsed.request);
    auto code = session.show(session.globals.json ? json_of(reply) : text_of(reply));
    return reply ? code : session.fail(reply.error());
}

}  // namespace ccd::ctl
