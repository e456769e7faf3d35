#include "ctl/run.h"

#include <unistd.h>

#include "ctl/batch.h"
#include "ctl/candidates.h"
#include "ctl/check.h"
#include "ctl/events.h"
#include "ctl/health.h"
#include "ctl/help.h"
#include "ctl/logs.h"
#include "ctl/queue.h"
#include "ctl/queues.h"
#include "ctl/submit.h"
#include "ctl/version.h"
#include "ctl/wait.h"

namespace ccd::ctl {
namespace {

// For verbs whose own failures count from 0, as all but those that pass a job's exit code on.
template <class Command>
int failure_base(const Parsed<Command>&) {
    return 0;
}

// A command that is no more than a call and its printed reply.
template <class Command>
int run(Command, const Session& session, const Parsed<Command>& parsed) {
    auto reply = session.call<Command>(parsed.request);
    return reply ? session.show(session.text_of<Command>(*reply)) : session.fail(reply.error());
}

// Of one job everything is told.
int run(job::Status, const Session& session, const Parsed<job::Status>& parsed) {
    auto reply = session.call<job::Status>(parsed.request);
    if (!reply) return session.fail(reply.error());
    if (parsed.request.ids.size() == 1 && reply->jobs.size() == 1 && !session.globals.json)
        return session.show(print_job(reply->jobs.front(), session.look));
    if (parsed.request.ids.empty() && !session.globals.json)
        return session.show(print_unfinished(*reply, session.look));
    return session.show(session.text_of<job::Status>(*reply));
}

// How many jobs a filter lets through nobody has counted.
int run(job::List, const Session& session, const Parsed<job::List>& parsed) {
    auto reply = session.call<job::List>(parsed.request);
    if (!reply) return session.fail(reply.error());
    const auto& asked = parsed.request;
    bool is_filtered = !asked.state.empty() || asked.user || asked.tag;
    if (is_filtered && !session.globals.json)
        return session.show(print_jobs(reply->jobs, session.look));
    return session.show(session.text_of<job::List>(*reply));
}

constexpr std::string_view own_version = "ccctl " CCD_VERSION "\n";

// Says what is wrong with the words, in the form that they ask for.
int refuse(Session& session, Words words, const Error& error) {
    read_flags(words, session.globals);
    return session.fail(error);
}

// The caller's newest job, which `last` means.
Result<job::Id> newest_job(const Session& session) {
    job::ListRequest newest{};
    newest.user = std::to_string(::geteuid());
    newest.limit = 1;
    auto reply = CCD_TRY(session.call<job::List>(newest));
    if (reply.jobs.empty())
        return failure(Errc::not_found, "you have no job yet that last could mean");
    return reply.jobs.front().id;
}

template <class Command>
int run_command(Session& session, const Row& row, Words words) {
    Parsed<Command> parsed;
    Parts parts{&parsed.request, &parsed.local, &session.globals};
    auto done = parse_words(words, arguments_of<Command>, parts);
    if (session.globals.no_color) session.look.has_colour = false;
    if (!done) {
        auto& message = done.error().message;
        if (!message.ends_with('?')) message.append("; see ccctl help ").append(row.spelling());
        return session.fail(done.error(), failure_base(parsed));
    }
    if (session.globals.version) return session.show(own_version);
    if (session.globals.help) return session.show(command_help(row));
    session.deadline = client::deadline_after(session.globals.timeout);
    if (names_last(row.arguments, parts)) {
        auto newest = newest_job(session);
        if (!newest) return session.fail(newest.error(), failure_base(parsed));
        name_last(row.arguments, parts, *newest);
    }
    return run(Command{}, session, parsed);
}

using Route = int (*)(Session&, const Row&, Words);

template <class... Command>
constexpr auto make_routes(std::type_identity<std::tuple<Command...>>) {
    return std::array<Route, sizeof...(Command)>{&run_command<Command>...};
}

constexpr auto routes = make_routes(std::type_identity<TypedCommands>{});

int run_named(Session& session, Words words) {
    if (session.globals.version) return session.show(own_version);
    if (words.empty() && session.globals.help) return session.show(overview());
    if (words.size() == 3 && words[0] == "help" && words[1] == "--candidates")
        return show_candidates(session, words[2]);
    if (!words.empty() && words[0] == "help") {
        auto text = help(words.subspan(1));
        return text ? session.show(*text) : refuse(session, words, text.error());
    }
    constexpr std::array<std::string_view, 1> usual{"status"};
    if (words.empty()) words = usual;
    auto found = find_command(words);
    if (!found) return refuse(session, words, found.error());
    return routes[found->row](session, rows[found->row], words.subspan(found->words));
}

}  // namespace

int run(Words words) {
    Session session{.globals = {}, .look = look_of_output()};
    auto leading = parse_leading(words, session.globals);
    if (!leading) return refuse(session, words, leading.error());
    return run_named(session, words.subspan(*leading));
}

}  // namespace ccd::ctl
