// Who may do what: every command by its audience, for the owner of a job, another user and the
// administrator.
#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

// A request about the job where the command is about jobs.
template <class Command>
typename Command::Request request_about(job::Id job) {
    typename Command::Request request{};
    if constexpr (requires { request.ids; }) request.ids = {job};
    if constexpr (requires { request.id; }) request.id = job;
    if constexpr (std::same_as<Command, job::Signal>) request.signal = "USR1";
    if constexpr (std::same_as<Command, job::Submit>) {
        request.argv = {"true"};
        request.cwd = "/";
    }
    if constexpr (Command::info.noun() == "queue" && requires { request.name; })
        request.name = "frames";
    if constexpr (std::same_as<Command, queue::Create>) {
        request.capacity = 4;
        request.message_size = Bytes{64};
        request.mode = "0666";
    }
    return request;
}

// What the command says to the caller about a running job of `owner`, or about a queue of his that
// all may use; none: it waits.
template <class Command>
std::optional<Error> refusal_of(const service::Caller& caller) {
    Desk desk;
    auto job = desk.submit(owner, desk.request());
    desk.starts(job);
    BOOST_TEST(desk.ask<queue::Create>(owner, request_about<queue::Create>(job)).has_value());
    auto said = desk.say<Command>(caller, request_about<Command>(job));
    auto head = said.head();
    return head ? head->error : std::nullopt;
}

bool is_denied(const std::optional<Error>& refusal) {
    return refusal && refusal->code == Errc::denied;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audience)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_command_is_for_its_audience_and_nobody_else, Command,
                              WireCommands) {
    constexpr auto& info = Command::info;
    auto to_owner = refusal_of<Command>(owner);
    auto to_other = refusal_of<Command>(other);
    auto to_admin = refusal_of<Command>(administrator);
    BOOST_TEST_CONTEXT(info.name) {
        BOOST_TEST(!is_denied(to_admin));
        BOOST_TEST(is_denied(to_owner) == (info.audience == Audience::admin));
        BOOST_TEST(is_denied(to_other) == (info.audience != Audience::anyone));
        // Rights aside, nobody is told anything else than the others.
        if (!is_denied(to_owner)) BOOST_TEST(to_owner.has_value() == to_admin.has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_command_for_the_administrator_says_who_that_is) {
    auto refusal = refusal_of<admin::Drain>(owner);
    BOOST_TEST_REQUIRE(refusal.has_value());
    BOOST_TEST(refusal->message.find("admin.drain") != std::string::npos);
    BOOST_TEST(refusal->message.find("root") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(who_may_not_touch_one_job_of_several_touches_none, Desk) {
    auto own = request();
    own.hold = true;
    auto mine = submit(other, own);
    auto not_mine = submit(owner, own);
    auto refused = ask<job::Cancel>(other, {.ids = {mine, not_mine}, .reason = {}});
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::denied));
    auto status = ask<job::Status>(other, {.ids = {mine, not_mine}});
    BOOST_TEST_REQUIRE(status.has_value());
    for (const auto& job : status->jobs) BOOST_TEST((job.state == job::State::held));
}

BOOST_FIXTURE_TEST_CASE(a_user_whose_jobs_cannot_run_here_is_refused_at_the_submit, Desk) {
    service::Caller stranger{.uid = 9'999};
    auto refused = ask<job::Submit>(stranger, request());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::denied));
    BOOST_TEST(ask<job::Status>(stranger, {}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
