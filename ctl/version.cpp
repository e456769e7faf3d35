#include "ctl/version.h"

namespace ccd::ctl {

int run(host::Version, const Session& session, const Parsed<host::Version>& parsed) {
    auto reply = session.call<host::Version>(parsed.request);
    if (session.globals.json) {
        if (!reply) return session.fail(reply.error());
        auto object = object_of<host::Version::reply_fields>(*reply);
        object["client_version"] = CCD_VERSION;
        return session.show(line_of(object));
    }
    std::string text{"ccctl " CCD_VERSION "\n"};
    if (reply)
        text.append("ccd " + text_of(reply->version) + " (protocol " + text_of(reply->protocol) +
                    ")\n");
    auto code = session.show(text);
    return reply ? code : session.fail(reply.error());
}

}  // namespace ccd::ctl
