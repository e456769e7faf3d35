#include "ctl/check.h"

#include "ctl/progress.h"

namespace ccd::ctl {
namespace {

std::string progress_of(const admin::CheckReply& item) {
    auto text = item.doing.value_or("looking");
    if (item.found > 0) text += "; " + std::to_string(item.found) + " findings so far";
    return text;
}

}  // namespace

int run(admin::Check, const Session& session, const Parsed<admin::Check>& parsed) {
    auto client = session.connect();
    if (!client) return session.fail(client.error());
    Progress progress{!session.globals.json};
    std::optional<admin::CheckReply> last;
    client->set_timeout(session.time_left());
    auto ended = client->follow<admin::Check>(parsed.request, [&](const admin::CheckReply& item) {
        if (item.done) last = item;
        progress.show(progress_of(item));
        client->set_timeout(session.time_left());
        return true;
    });
    progress.clear();
    if (!ended) return session.fail(ended.error());
    if (!last)
        return session.fail({.code = Errc::internal, .message = "the check ended without a word"});
    auto code = session.show(session.text_of<admin::Check>(*last));
    return code != 0 ? code : exit_code_of(*last);
}

int exit_code_of(const admin::CheckReply& reply) {
    return reply.found == reply.repaired ? 0 : 1;
}

}  // namespace ccd::ctl
