// `ccctl admin check`: what is on disk, in memory and running fits together, and what does not is
// told.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Checked : Stage {
    using Stage::Stage;

    json check(int code, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--json", "admin", "check"});
        auto ran = ctl(more);
        BOOST_TEST_REQUIRE(ran.code == code, ran.out << ran.err);
        return json::parse(ran.out);
    }
    std::string output_of(job::Id job, int attempt) {
        return daemon().directory() + "/state/logs/0/" + std::to_string(job) + "." +
               std::to_string(attempt) + ".log";
    }
};

struct Forgetful : Checked {
    Forgetful() : Checked({.cards = 0, .values = {"jobs.history=1s"}}) {}
};

BOOST_AUTO_TEST_SUITE(check, *boost::unit_test::timeout(300))

BOOST_FIXTURE_TEST_CASE(of_a_daemon_at_work_nothing_is_found, Checked) {
    auto held = program({"/bin/true"});
    held.hold = true;
    held.env = {"A=1"};
    for (int i = 0; i < 20; ++i) submit(held);
    start(endless());
    run(program({"/bin/false"}));
    call<queue::Create>({.name = "frames", .capacity = 4, .message_size = Bytes{100}});
    // Requests come before, between and behind its steps.
    auto client = connect();
    std::vector<std::uint64_t> asked;
    for (int i = 0; i < 200; ++i)
        asked.push_back(client.send<job::Submit>(program({"/bin/true"})).value());
    auto found = check(0);
    for (auto msgid : asked) BOOST_TEST(client.receive<job::Submit>(msgid).has_value());
    BOOST_TEST(found["found"] == 0U);
    BOOST_TEST(found["findings"].empty());
    BOOST_TEST(found["done"] == true);
    BOOST_TEST(found["looked_at"]["records"] >= 22U);
    BOOST_TEST(found["looked_at"]["jobs"] >= 21U);
    BOOST_TEST(found["looked_at"]["attempts"] >= 1U);
    BOOST_TEST(found["looked_at"]["outputs"] >= 2U);
    BOOST_TEST(found["looked_at"]["pages"] >= 3U);
    BOOST_TEST(found["looked_at"]["queues"] == 1U);
    BOOST_TEST(!fs::exists(daemon().directory() + "/state/ccd.db-copy"));
    auto ran = ctl({"admin", "check"});
    BOOST_TEST(ran.code == 0);
    BOOST_TEST(ran.out.ends_with("all of it fits together\n"), ran.out);
}

BOOST_FIXTURE_TEST_CASE(an_output_of_a_job_that_is_not_on_record_is_found_and_removed, Forgetful) {
    auto job = run(shell("echo out")).id;
    while (ask<job::Status>({.ids = {job}})) {
    }
    while (fs::exists(output_of(job, 1))) {
    }
    fs::create_directories(fs::path{output_of(job, 1)}.parent_path());
    std::ofstream{output_of(job, 1)} << "left";
    auto found = check(1);
    BOOST_TEST_REQUIRE(found["findings"].size() == 1U);
    auto finding = found["findings"][0];
    BOOST_TEST(finding["part"] == "outputs");
    BOOST_TEST(finding["subject"] == "job 1");
    BOOST_TEST(finding["repaired"] == false);
    BOOST_TEST(fs::exists(output_of(job, 1)));
    BOOST_TEST(check(0, {"--repair"})["repaired"] == 1U);
    while (fs::exists(output_of(job, 1))) {
    }
    check(0);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_put_right_is_told_and_left_alone, Checked) {
    auto job = run(program({"/bin/true"})).id;
    std::ofstream{output_of(job, 7)} << "odd";
    std::ofstream{output_of(99, 1)} << "early";
    auto found = check(1, {"--repair"});
    BOOST_TEST(found["found"] == 2U);
    BOOST_TEST(found["repaired"] == 0U);
    BOOST_TEST(fs::exists(output_of(job, 7)));
    auto ran = ctl({"admin", "check"});
    BOOST_TEST(ran.code == 1);
    BOOST_TEST(ran.out.find("there is an output of attempt 7, and 1 have begun") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::e2e
