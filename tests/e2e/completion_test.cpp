// What bash offers on a TAB, with what only the daemon knows.
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

struct Completing : Stage {
    Completing() : Stage({.cards = 2, .values = {"pools.etl.size=2", "pools.license.size=1"}}) {}

    // The words, the last of which is being typed, as bash gives them to the script.
    std::string offered(std::vector<std::string> words) {
        const std::string script =
            "eval \"$(\"$1\" help --completion)\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
            "_ccctl; echo ${COMPREPLY[*]}";
        words.insert(words.begin(), {"-c", script, "bash", ccctl()});
        auto asked = line(std::move(words));
        asked.program = "/bin/bash";
        auto ran = run_ctl(asked);
        BOOST_TEST(ran.code == 0);
        BOOST_TEST(ran.err == "");
        return ran.out.substr(0, ran.out.find('\n'));
    }
    job::Id hold(std::string name, std::vector<std::string> tags) {
        auto asked = program({"/bin/true"});
        asked.hold = true;
        asked.name = std::move(name);
        asked.tag = std::move(tags);
        return submit(asked);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(completion_suite, Completing, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(jobs_are_offered_where_jobs_are_named) {
    run(program({"/bin/true"}));
    hold("train", {"red", "$(touch pwned)"});
    BOOST_TEST(offered({"cancel", ""}) == "2 last");
    BOOST_TEST(offered({"job", "cancel", ""}) == "2 last");
    BOOST_TEST(offered({"retry", ""}) == "1 last");
    BOOST_TEST(offered({"logs", ""}) == "2 1 last");
    BOOST_TEST(offered({"logs", "l"}) == "last");
    BOOST_TEST(offered({"events", "--job", ""}) == "2 1 last");
    BOOST_TEST(offered({"cancel", "1,"}) == "1,2 1,last");
    BOOST_TEST(offered({"cancel", "--reason", ""}) == "");
    BOOST_TEST(offered({"list", "--tag", ""}) == "red");
    BOOST_TEST(offered({"submit", "--name", ""}) == "train");
    BOOST_TEST(::access(path("pwned").c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_CASE(states_users_cards_and_words_of_ccctl_are_offered_in_their_places) {
    hold("x", {});
    auto me = status(1).user;
    BOOST_TEST(offered({"list", "--state", "r"}) == "running retrying");
    BOOST_TEST(offered({"list", "--state", "held,r"}) == "held,running held,retrying");
    BOOST_TEST(offered({"list", "--user", ""}) == me);
    BOOST_TEST(offered({"submit", "--gpu", ""}).starts_with("0 "));
    BOOST_TEST(offered({"submit", "--pool", ""}) == "etl license");
    BOOST_TEST(offered({"submit", "--cl"}) == "--class --clean-env");
    BOOST_TEST(offered({"adm"}) == "admin");
    BOOST_TEST(offered({"admin", "d"}) == "drain");
    BOOST_TEST(offered({"batch", ""}) == "");
}

BOOST_AUTO_TEST_CASE(without_a_daemon_nothing_is_offered_and_nothing_is_said) {
    BOOST_TEST(offered({"--socket", "/nonexistent", "cancel", ""}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
