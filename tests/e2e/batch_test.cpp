// Many submits from a file: broken lines, repeated runs, and a daemon or a disk that goes away.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

using nlohmann::json;

std::string held(int number) {
    return R"({"argv": ["/bin/true", ")" + std::to_string(number) +
           R"("], "hold": true})"
           "\n";
}

std::string many_held(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += held(i);
    return text;
}

struct Batches : Stage {
    json batch(std::vector<std::string> words, int code = 0) {
        words.insert(words.begin(), {"batch", "--json"});
        auto ran = ctl(words);
        BOOST_TEST(ran.code == code, ran.err);
        return json::parse(ran.out);
    }
    std::uint64_t jobs() { return call<job::List>().total; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batch_suite, Batches, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(broken_lines_are_named_and_the_rest_is_submitted) {
    write_file(path("jobs"), held(1) + "nonsense\n" + "\n" + held(2) +
                                 R"({"argv": ["/bin/true"], "gpus": 99})"
                                 "\n" +
                                 R"({"argv": ["/bin/true"], "gpsu": 1})"
                                 "\n" +
                                 held(3));
    auto reply = batch({"jobs"}, 1);
    BOOST_TEST(reply.at("submitted") == 3);
    BOOST_TEST(reply.at("existing") == 0);
    BOOST_TEST(reply.at("failed") == 3);
    const auto& errors = reply.at("errors");
    BOOST_TEST_REQUIRE(errors.size() == 3U);
    BOOST_TEST(errors[0].at("line") == 2);
    BOOST_TEST(errors[0].at("code") == "bad-request");
    BOOST_TEST(errors[1].at("line") == 5);
    BOOST_TEST(errors[2].at("line") == 6);
    BOOST_TEST(errors[2].at("message") == "unknown parameter 'gpsu'; did you mean gpus?");
    BOOST_TEST(jobs() == 3U);
}

BOOST_AUTO_TEST_CASE(a_second_run_finds_the_jobs_of_the_first_and_the_same_line_twice_is_two) {
    write_file(path("jobs"), held(1) + held(1) + held(2));
    BOOST_TEST(batch({"jobs"}).at("submitted") == 3);
    write_file(path("jobs"), held(1) + held(1) + held(2) + held(3));
    auto again = batch({"jobs"});
    BOOST_TEST(again.at("submitted") == 1);
    BOOST_TEST(again.at("existing") == 3);
    BOOST_TEST(jobs() == 4U);
}

BOOST_AUTO_TEST_CASE(a_thousand_lines_are_a_thousand_jobs_in_their_order) {
    write_file(path("jobs"), many_held(1'000));
    auto reply = batch({"jobs", "--delay", "0"});
    BOOST_TEST(reply.at("submitted") == 1'000);
    BOOST_TEST(jobs() == 1'000U);
    for (int number : {0, 1, 499, 999}) {
        auto job = status(static_cast<job::Id>(number) + 1);
        BOOST_TEST(job.argv.value()[1] == std::to_string(number));
    }
}

BOOST_AUTO_TEST_CASE(lines_come_from_standard_input_too_and_a_slow_writer_is_not_waited_for) {
    Pipe lines{path("lines")};
    auto asked = line({"batch", "-", "--json"});
    asked.before = {"/bin/sh", "-c", "exec \"$@\" < lines", "sh"};
    Ctl runner{asked};
    write_file(lines.path(), many_held(3));
    auto ran = runner.end();
    BOOST_TEST(ran.code == 0, ran.err);
    BOOST_TEST(json::parse(ran.out).at("submitted") == 3);
}

BOOST_AUTO_TEST_CASE(a_batch_goes_on_when_the_daemon_is_killed_in_the_middle_and_loses_nothing) {
    write_file(path("jobs"), many_held(300));
    Ctl runner{line({"batch", "jobs", "--json", "--batch-size", "10", "--delay", "5ms", "--retries",
                     "1000", "--retry-delay", "100ms"})};
    while (jobs() < 50) {
    }
    kill();
    restart();
    auto ran = runner.end();
    BOOST_TEST(ran.code == 0, ran.err);
    auto reply = json::parse(ran.out);
    // Also those of which only the daemon that was killed could have said that it created them.
    BOOST_TEST(reply.at("submitted") == 300);
    BOOST_TEST(reply.at("existing") == 0);
    BOOST_TEST(jobs() == 300U);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_stays_away_ends_it_and_another_run_does_the_rest) {
    write_file(path("jobs"), many_held(200));
    Ctl runner{line({"batch", "jobs", "--json", "--batch-size", "10", "--delay", "5ms", "--retries",
                     "1", "--retry-delay", "10ms"})};
    while (jobs() < 50) {
    }
    kill();
    auto ran = runner.end();
    BOOST_TEST(ran.code == 1);
    BOOST_TEST(ran.err.find("run it again") != std::string::npos);
    restart();
    auto reply = batch({"jobs"});
    BOOST_TEST(reply.at("submitted").get<int>() + reply.at("existing").get<int>() == 200);
    BOOST_TEST(reply.at("existing").get<int>() >= 50);
    BOOST_TEST(jobs() == 200U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_begun_is_said_at_once) {
    BOOST_TEST(ctl({"batch", "nothing-here"}).code == 2);
    BOOST_TEST(ctl({"batch", "/dev/null", "--batch-size", "0"}).code == 2);
    BOOST_TEST(ctl({"batch", "/dev/null", "--batch-size", "1001"}).code == 2);
    auto nothing = ctl({"batch", "/dev/null"});
    BOOST_TEST(nothing.code == 0);
    BOOST_TEST(nothing.out == "submitted  0\nexisting   0\nfailed     0\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
