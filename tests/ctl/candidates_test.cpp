#include "ctl/candidates.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using job::State;

std::vector<job::View> some_jobs() {
    return {{.id = 7,
             .name = "train",
             .user = "alice",
             .uid = 1000,
             .state = State::running,
             .tags = {"red", "$(reboot)"}},
            {.id = 6,
             .name = "other",
             .user = "bob",
             .uid = 1001,
             .state = State::queued,
             .tags = {"theirs"}},
            {.id = 5,
             .name = "train",
             .user = "alice",
             .uid = 1000,
             .state = State::failed,
             .tags = {"red"}},
            {.id = 7, .user = "alice", .uid = 1000, .state = State::running}};
}

std::string found(std::string_view kind) {
    return ctl::candidates_of(kind, some_jobs(), 1000);
}

BOOST_AUTO_TEST_SUITE(candidates)

BOOST_AUTO_TEST_CASE(verbs_that_change_jobs_are_offered_the_callers_unfinished_ones) {
    BOOST_TEST(found("mine") == "7\nlast\n");
    BOOST_TEST(found("jobs") == "7\n6\n5\nlast\n");
    BOOST_TEST(found("ended") == "5\nlast\n");
    BOOST_TEST(ctl::candidates_of("jobs", {}, 1000) == "");
}

BOOST_AUTO_TEST_CASE(words_of_jobs_are_offered_once) {
    BOOST_TEST(found("users") == "alice\nbob\n");
    BOOST_TEST(found("names") == "train\n");
    BOOST_TEST(found("tags") == "red\n");
    BOOST_TEST(found("whatever") == "");
}

BOOST_AUTO_TEST_CASE(what_a_shell_might_act_on_is_never_offered) {
    for (auto word : {"", "$(reboot)", "`reboot`", "a b", "a;b", "*", "~", "'", "\"", "a\nb", "-x",
                      "a\\b", "{a,b}", "<x", "a,b", "#", "!"})
        BOOST_TEST(!ctl::is_harmless(word), word);
    for (auto word : {"train", "GPU-0", "v1.2", "a_b", "x@y", "a=1"})
        BOOST_TEST(ctl::is_harmless(word), word);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
