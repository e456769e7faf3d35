#include "ctl/wait.h"

#include "ctl/ending.h"

namespace ccd::ctl {

int run(job::Wait, const Session& session, const Parsed<job::Wait>& parsed) {
    auto base = failure_base(parsed);
    auto ending = Ending::ask(session, parsed.request);
    if (!ending) return session.fail(ending.error(), base);
    auto reply = ending->wait();
    if (!reply) return session.fail(reply.error(), base);
    bool is_one = parsed.request.ids.size() == 1 && reply->jobs.size() == 1;
    if (session.globals.json || !is_one)
        if (int code = session.show(session.text_of<job::Wait>(*reply)); code != 0)
            return base + code;
    return is_one ? exit_code_of(reply->jobs.front()) : exit_code_of(reply->jobs);
}

}  // namespace ccd::ctl
