#include "ctl/events.h"

namespace ccd::ctl {

int run(job::Events, const Session& session, const Parsed<job::Events>& parsed) {
    auto client = session.connect(session.call_timeout());
    if (!client) return session.fail(client.error());
    client->set_timeout(session.globals.timeout);
    int code = 0;
    auto ended = client->follow<job::Events>(parsed.request, [&](const job::Event& event) {
        code = session.show(session.text_of<job::Events>(event));
        return code == 0;
    });
    return ended ? code : session.fail(ended.error());
}

}  // namespace ccd::ctl
