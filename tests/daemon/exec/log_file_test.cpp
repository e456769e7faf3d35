#include "daemon/exec/log_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

struct Folder {
    bool is_there(const std::string& name) const {
        return access((folder / name).c_str(), F_OK) == 0;
    }

    harness::TemporaryDirectory folder =
        harness::TemporaryDirectory::create("/tmp", "ccd-log").value();
};

BOOST_FIXTURE_TEST_SUITE(log_file, Folder)

BOOST_AUTO_TEST_CASE(only_a_log_without_a_word_is_dropped) {
    BOOST_TEST(open_log(folder / "empty").has_value());
    write_file(folder / "full", "a word");
    BOOST_TEST_REQUIRE(symlink((folder / "full").c_str(), (folder / "link").c_str()) == 0);
    for (auto name : {"empty", "full", "link", "gone"}) drop_empty_log(folder / name);
    BOOST_TEST(!is_there("empty"));
    BOOST_TEST(is_there("full"));
    BOOST_TEST(is_there("link"));
}

BOOST_AUTO_TEST_CASE(what_may_be_tried_again_leaves_no_empty_log_and_what_may_not_says_why) {
    auto log = open_log(folder / "log");
    give_up_log(*log, folder / "log", {.code = Errc::denied, .message = "no such account"});
    BOOST_TEST(read_file(folder / "log") == "ccd: no such account\n");
    give_up_log(*log, folder / "log", {.code = Errc::internal, .message = "no memory"});
    BOOST_TEST(read_file(folder / "log") == "ccd: no such account\n");
    log = open_log(folder / "other");
    give_up_log(*log, folder / "other", {.code = Errc::internal, .message = "no memory"});
    BOOST_TEST(!is_there("other"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
