#include "ctl/events.h"

namespace ccd::ctl {

int run(job::Events, const Session& session, const Parsed<job::Events>& parsed) {
    auto client = session.connect();
    if (!client) return session.fail(client.error());
    int code = 0;
    bool is_over = false;
    // Items come for ever, so each wait for one has only what is left of the time.
    client->set_timeout(session.time_left());
    auto ended = client->follow<job::Events>(parsed.request, [&](const job::Event& event) {
        code = session.show(session.text_of<job::Events>(event));
        auto left = session.time_left();
        client->set_timeout(left);
        is_over = left == Millis{0};
        return code == 0 && !is_over;
    });
    if (code != 0) return code;
    if (is_over || (!ended && ended.error().code == Errc::timeout))
        return session.fail({.code = Errc::timeout, .message = "the time of --timeout is over"});
    return ended ? 0 : session.fail(ended.error());
}

}  // namespace ccd::ctl
