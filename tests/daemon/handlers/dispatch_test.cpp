#include "daemon/handlers/dispatch.h"

#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "daemon/handlers/encode.h"
#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

bool mentions(const Error& error, std::string_view text) {
    return error.message.find(text) != std::string::npos;
}

std::string map_of(const std::vector<std::pair<std::string, std::uint64_t>>& entries) {
    std::string params;
    wire::Packer packer{params};
    packer.map(entries.size());
    for (const auto& [name, value] : entries) {
        packer.text(name);
        packer.natural(value);
    }
    return params;
}

void check_refused(const Desk::Said& said, Errc code, std::string_view text) {
    auto head = said.head();
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST_REQUIRE(head->error.has_value());
    BOOST_TEST((head->error->code == code));
    BOOST_TEST(mentions(*head->error, text),
               "'" << head->error->message << "' does not say '" << text << "'");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dispatching, Desk)

BOOST_AUTO_TEST_CASE(an_unknown_command_is_refused_by_its_name) {
    check_refused(say(administrator, RawRequest{"job.frobnicate", map_of({})}), Errc::bad_request,
                  "'job.frobnicate'");
}

BOOST_AUTO_TEST_CASE(names_are_looked_up_whole) {
    for (auto name : {"host.pin", "host.ping2", "ping", "HOST.PING", "host"})
        check_refused(say(administrator, RawRequest{name, map_of({})}), Errc::bad_request,
                      "no command");
}

BOOST_AUTO_TEST_CASE(a_very_long_name_is_cut_in_the_refusal) {
    auto said = say(administrator, RawRequest{std::string(100'000, 'x'), map_of({})});
    BOOST_TEST(said.frame.size() < 300U);
    check_refused(said, Errc::bad_request, "xxx");
}

BOOST_AUTO_TEST_CASE(an_unknown_field_is_refused_by_its_name) {
    check_refused(say(administrator, RawRequest{"job.why", map_of({{"id", 1}, {"colour", 3}})}),
                  Errc::bad_request, "colour");
    check_refused(say(administrator, RawRequest{"host.ping", map_of({{"colour", 3}})}),
                  Errc::bad_request, "colour");
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_refused_by_its_name) {
    check_refused(say(administrator, RawRequest{"job.why", map_of({})}), Errc::bad_request, "id");
    check_refused(say(administrator, RawRequest{"job.wait", map_of({})}), Errc::bad_request, "ids");
    check_refused(say(administrator, RawRequest{"job.submit", map_of({})}), Errc::bad_request,
                  "argv");
}

BOOST_AUTO_TEST_CASE(a_field_that_comes_twice_is_refused_by_its_name) {
    check_refused(say(administrator, RawRequest{"job.why", map_of({{"id", 1}, {"id", 2}})}),
                  Errc::bad_request, "id");
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_is_refused_by_the_name_of_its_field) {
    std::string params;
    wire::Packer packer{params};
    packer.map(1);
    packer.text("id");
    packer.text("seventeen");
    check_refused(say(administrator, RawRequest{"job.why", params}), Errc::bad_request, "id");
}

BOOST_AUTO_TEST_CASE(a_refusal_counts_as_an_error_and_leaves_the_connection_in_step) {
    auto said = say(administrator, RawRequest{"job.why", map_of({{"colour", 3}})});
    BOOST_TEST(said.outcome.is_error);
    BOOST_TEST((said.outcome.what == Outcome::What::reply));
    BOOST_TEST(ask<host::Ping>(administrator, {}).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_answered_without_a_number_and_closes) {
    std::string not_an_array, reply;
    wire::Packer{not_an_array}.text("hello");
    wire::Packer packer{reply};
    wire::begin_result(packer, 5);
    packer.nil();
    const std::string without_a_name{"\x94\0\2\xa0\x80", 5};
    for (const auto& body :
         {std::string{}, not_an_array, reply, std::string{"\xc1"}, without_a_name}) {
        Host host;
        Context context{.service = service(),
                        .host = host,
                        .caller = administrator,
                        .ticket = {.connection = 1},
                        .now = now};
        std::string out;
        auto outcome = dispatch(context, body, out);
        BOOST_TEST((outcome.what == Outcome::What::close));
        auto head = head_of(out);
        BOOST_TEST(head.msgid == 0U);
        BOOST_TEST_REQUIRE(head.error.has_value());
        BOOST_TEST((head.error->code == Errc::bad_request));
    }
}

BOOST_AUTO_TEST_CASE(a_reply_that_no_frame_can_hold_is_over_the_limit) {
    Said said;
    BOOST_TEST(!put_reply_frame<job::Why>(said.frame, 7, {.reason = std::string(2'000'000, 'x')}));
    BOOST_TEST(said.frame.size() < 1'000U);
    check_refused(said, Errc::over_limit, std::to_string(wire::frame_limit));
}

BOOST_AUTO_TEST_CASE(a_reply_with_jobs_is_sent_whatever_they_have) {
    job::View large{.id = 5, .reason = std::string(1'100'000, 'x')};
    large.argv = {std::string(2'000'000, 'x')};
    Said said;
    BOOST_TEST(put_reply_frame<job::Wait>(said.frame, 7, {.jobs = {large, {.id = 6}}}));
    auto head = said.head();
    BOOST_TEST_REQUIRE((head && !head->error));
    auto reply =
        wire::decode<job::JobsReply, job::Wait::reply_fields>(head->result, wire::Unknown::refused);
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->jobs.size() == 2U);
    BOOST_TEST(!reply->jobs.front().argv.has_value());
}

BOOST_AUTO_TEST_CASE(more_jobs_at_once_than_may_be_named_are_over_the_limit) {
    std::vector<job::Id> ids(1'001, 1);
    for (const auto& said : {say<job::Status>(owner, {ids}), say<job::Wait>(owner, {.ids = ids}),
                             say<job::Cancel>(owner, {.ids = ids, .reason = {}}),
                             say<job::Hold>(owner, {ids}), say<job::Release>(owner, {ids})})
        check_refused(said, Errc::over_limit, "1000");
}

BOOST_AUTO_TEST_CASE(verbs_that_need_jobs_refuse_none) {
    for (const auto& said : {say<job::Wait>(owner, {}), say<job::Cancel>(owner, {}),
                             say<job::Hold>(owner, {}), say<job::Release>(owner, {})})
        check_refused(said, Errc::bad_request, "no job");
}

BOOST_AUTO_TEST_CASE(a_page_has_a_bounded_length) {
    for (std::uint32_t limit : {0U, 1'001U, 4'000'000'000U}) {
        job::ListRequest request{};
        request.limit = limit;
        check_refused(say<job::List>(owner, request), Errc::bad_request, "1000");
    }
}

BOOST_AUTO_TEST_CASE(a_protocol_that_is_not_spoken_is_refused_with_the_one_that_is) {
    check_refused(say<admin::Hello>(owner, {.protocol = 2}), Errc::bad_request, "protocol 1");
    auto hello = ask<admin::Hello>(owner, {.protocol = 1});
    BOOST_TEST_REQUIRE(hello.has_value());
    BOOST_TEST(hello->protocol == 1U);
    BOOST_TEST(hello->uid == owner.uid);
    BOOST_TEST(!hello->is_admin);
    BOOST_TEST(ask<admin::Hello>(administrator, {})->is_admin);
}

BOOST_AUTO_TEST_CASE(a_job_that_never_was_is_not_found_by_any_verb) {
    for (const auto& said :
         {say<job::Status>(owner, {.ids = {77}}), say<job::Wait>(owner, {.ids = {77}}),
          say<job::Why>(owner, {.id = 77}), say<job::Logs>(owner, {.id = 77}),
          say<job::Cancel>(owner, {.ids = {77}, .reason = {}}),
          say<job::Hold>(owner, {.ids = {77}}), say<job::Release>(owner, {.ids = {77}})})
        check_refused(said, Errc::not_found, "job 77");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
