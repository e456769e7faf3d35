// Exit codes, errors and colours of the command line.
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

using nlohmann::json;

struct Small : Stage {
    Small() : Stage({.cards = 0, .values = {"jobs.max_queued_per_user=2"}}) {}

    int code_of(std::vector<std::string> words) { return ctl(std::move(words)).code; }

    json error_of(std::vector<std::string> words) {
        words.insert(words.begin(), "--json");
        auto ran = ctl(std::move(words));
        BOOST_TEST(ran.out == "");
        auto error = json::parse(ran.err).at("error");
        for (const auto* name : {"code", "message", "retry_after_s"})
            BOOST_TEST(error.contains(name));
        return error;
    }
};

// A socket that takes connections and says nothing.
UniqueFd silent_socket(const std::string& path) {
    UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_TEST_REQUIRE(
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_TEST_REQUIRE(::listen(socket.get(), 8) == 0);
    return socket;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_line, Small, *boost::unit_test::timeout(180))

BOOST_AUTO_TEST_CASE(bad_usage_is_2) {
    BOOST_TEST(code_of({"frobnicate"}) == 2);
    BOOST_TEST(code_of({"status", "--colour"}) == 2);
    BOOST_TEST(code_of({"status", "one"}) == 2);
    BOOST_TEST(code_of({"why"}) == 2);
    BOOST_TEST(ctl({"statsu"}).err.find("stats") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_3) {
    BOOST_TEST(code_of({"status", "99"}) == 3);
    BOOST_TEST(code_of({"why", "99"}) == 3);
    BOOST_TEST(code_of({"logs", "99"}) == 3);
    BOOST_TEST(code_of({"cancel", "99"}) == 3);
    BOOST_TEST(code_of({"wait", "99"}) == 203);
}

BOOST_AUTO_TEST_CASE(a_conflict_is_4) {
    BOOST_TEST(code_of({"submit", "--hold", "--key", "k", "--", "true"}) == 0);
    BOOST_TEST(code_of({"submit", "--hold", "--key", "k", "--", "true"}) == 0);
    BOOST_TEST(code_of({"submit", "--hold", "--key", "k", "--", "false"}) == 4);
}

BOOST_AUTO_TEST_CASE(too_many_is_6) {
    for (int i = 0; i < 2; ++i) BOOST_TEST(code_of({"submit", "--hold", "--", "true"}) == 0);
    BOOST_TEST(code_of({"submit", "--hold", "--", "true"}) == 6);
    auto error = error_of({"submit", "--hold", "--", "true"});
    BOOST_TEST(error.at("code") == "over-limit");
    BOOST_TEST(error.at("message").get<std::string>().find("jobs.max_queued_per_user") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(out_of_time_is_8_and_208_where_a_jobs_code_is_passed_on) {
    auto silent = silent_socket(path("silent"));
    BOOST_TEST(code_of({"--socket", path("silent"), "--timeout", "50ms", "ping"}) == 8);
    auto job = std::to_string(submit(endless()));
    BOOST_TEST(code_of({"wait", job, "--timeout", "50ms"}) == 208);
    BOOST_TEST(code_of({"submit", "--wait", "--timeout", "2s", "--", "sleep", "100000"}) == 208);
}

BOOST_AUTO_TEST_CASE(no_daemon_is_9) {
    BOOST_TEST(code_of({"--socket", path("nothing"), "ping"}) == 9);
    auto error = error_of({"--socket", path("nothing"), "status"});
    BOOST_TEST(error.at("code") == "unreachable");
    BOOST_TEST(error.at("message").get<std::string>().find(path("nothing")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(errors_as_json_go_to_standard_error) {
    auto error = error_of({"why", "99"});
    BOOST_TEST(error.at("code") == "not-found");
    BOOST_TEST(error.at("retry_after_s").is_null());
    BOOST_TEST(error_of({"frobnicate"}).at("code") == "bad-request");
}

BOOST_AUTO_TEST_CASE(a_terminal_has_colours_unless_somebody_does_not_want_them) {
    submit(endless());
    auto on_terminal = [&](std::vector<std::string> words, std::vector<std::string> environment) {
        auto asked = line(std::move(words));
        asked.is_on_terminal = true;
        environment.push_back("TERM=xterm");
        asked.environment.insert(asked.environment.end(), environment.begin(), environment.end());
        auto ran = run_ctl(asked);
        BOOST_TEST(ran.code == 0);
        BOOST_TEST(ran.out.find("sleep") != std::string::npos);
        return ran.out.find("\x1b[") != std::string::npos;
    };
    BOOST_TEST(on_terminal({"status"}, {"NO_COLOR="}));
    BOOST_TEST(!on_terminal({"status"}, {"NO_COLOR=1"}));
    BOOST_TEST(!on_terminal({"--no-color", "status"}, {"NO_COLOR="}));
    BOOST_TEST(ctl({"status"}).out.find("\x1b[") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(verbs_on_jobs_are_carried_out) {
    auto held = std::to_string(submit([&] {
        auto request = program({"/bin/true"});
        request.hold = true;
        return request;
    }()));
    BOOST_TEST(code_of({"release", held}) == 0);
    BOOST_TEST(code_of({"wait", held}) == 0);
    auto running = std::to_string(start(endless()));
    BOOST_TEST(code_of({"hold", running}) == 4);
    BOOST_TEST(code_of({"cancel", running, "--reason", "enough"}) == 0);
    BOOST_TEST(code_of({"wait", running}) == 128 + 15);
    BOOST_TEST(ctl({"why", running}).out.find("enough") != std::string::npos);
    BOOST_TEST(code_of({"admin", "drain"}) == 0);
    BOOST_TEST(code_of({"admin", "resume"}) == 0);
    BOOST_TEST(code_of({"admin", "hello"}) == 0);
}

BOOST_AUTO_TEST_CASE(help_is_told_without_a_daemon) {
    auto help = ctl({"--socket", path("nothing"), "help"});
    BOOST_TEST(help.code == 0);
    BOOST_TEST(help.out.find("submit") != std::string::npos);
    BOOST_TEST(ctl({"help", "submit"}).out.find("--vram") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_has_no_job_yet_has_no_last_one) {
    auto refused = ctl({"cancel", "last"});
    BOOST_TEST(refused.code == 3);
    BOOST_TEST(refused.err == "ccctl: you have no job yet that last could mean\n");
    BOOST_TEST(ctl({"wait", "last"}).code == 203);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
