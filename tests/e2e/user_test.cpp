// Another user of the machine. Needs root, to become one.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"
#include "tests/harness/child.h"
#include "tests/harness/precondition.h"

namespace ccd::e2e {
namespace {

const std::vector<std::string> as_somebody{"/usr/bin/setpriv", "--reuid=23456", "--regid=23456",
                                           "--clear-groups", "--"};

struct OpenToAll : Stage {
    OpenToAll()
        : Stage({.cards = 0, .values = {"daemon.socket_group=", "daemon.socket_mode=0666"}}) {
        ::chmod(daemon().directory().c_str(), 0755);
        // Where our programs lie another user may not be able to come.
        ::chmod(path(".").c_str(), 0755);
        std::filesystem::copy_file(ccctl(), path("ccctl"));
        ::chmod(path("ccctl").c_str(), 0755);
    }

    Ran ctl_of_other(std::vector<std::string> words) {
        auto asked = line(std::move(words));
        asked.before = as_somebody;
        asked.program = path("ccctl");
        asked.cwd = "/";
        return run_ctl(asked);
    }
};

boost::test_tools::assertion_result can_become_another(boost::unit_test::test_unit_id unit) {
    auto call = as_somebody;
    call.emplace_back("/bin/true");
    auto status = harness::run({.argv = call, .environment = {}, .output = {}});
    return harness::met_or_told(unit, status && *status == 0,
                                "only root can become another user, by /usr/bin/setpriv");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(users, OpenToAll,
                         *boost::unit_test::precondition(can_become_another) *
                             boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(another_user_sees_that_a_job_is_there_and_not_what_it_does) {
    auto request = endless();
    request.key = "secret-key";
    request.tag = {"secret-tag"};
    auto job = start(request);
    auto ran = ctl_of_other({"--json", "status", std::to_string(job)});
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out.find("secret") == std::string::npos);
    auto view = nlohmann::json::parse(ran.out).at("jobs").at(0);
    BOOST_TEST(view.at("argv").is_null());
    BOOST_TEST(view.at("cwd").is_null());
    BOOST_TEST(view.at("state") == "running");
}

BOOST_AUTO_TEST_CASE(another_user_touches_nothing_that_is_not_his) {
    auto job = std::to_string(start(endless()));
    BOOST_TEST(ctl_of_other({"cancel", job}).code == 5);
    BOOST_TEST(ctl_of_other({"logs", job}).code == 5);
    BOOST_TEST(ctl_of_other({"admin", "drain"}).code == 5);
    BOOST_TEST((status(1).state == job::State::running));
}

BOOST_AUTO_TEST_CASE(without_an_executor_for_him_another_users_jobs_are_refused_at_once) {
    auto ran = ctl_of_other({"submit", "--", "true"});
    BOOST_TEST(ran.code == 5);
    BOOST_TEST(call<job::List>().total == 0U);
}

BOOST_AUTO_TEST_CASE(who_may_not_connect_is_told_the_way_out) {
    ::chmod(daemon().socket().c_str(), 0600);
    auto ran = ctl_of_other({"ping"});
    BOOST_TEST(ran.code == 5);
    BOOST_TEST(ran.err.find("group ccd") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
