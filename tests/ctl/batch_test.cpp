#include "ctl/batch.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace {

using namespace ccd;
using namespace std::chrono_literals;

job::SubmitRequest read(std::string_view line) {
    auto request = ctl::read_submit(line);
    BOOST_TEST_REQUIRE(request.has_value(), (request ? "" : request.error().message));
    return *request;
}

std::string refusal(std::string_view line) {
    auto request = ctl::read_submit(line);
    BOOST_TEST_REQUIRE(!request.has_value());
    BOOST_TEST((request.error().code == Errc::bad_request));
    return request.error().message;
}

BOOST_AUTO_TEST_SUITE(batch)

BOOST_AUTO_TEST_CASE(a_line_has_the_parameters_of_a_submit_by_their_wire_names) {
    job::SubmitRequest wanted{.argv = {"python3", "train.py"},
                              .name = "n",
                              .job_class = job::Class::training,
                              .gpus = 1,
                              .vram = 8_GiB,
                              .exclusive = true,
                              .priority = -2,
                              .time_limit = 90min,
                              .key = "k",
                              .env = {"A=1"},
                              .cwd = "/srv",
                              .stdin_file = "in",
                              .tag = {"x", "y"}};
    BOOST_TEST((read(R"({"argv": ["python3", "train.py"], "name": "n", "class": "training",
        "gpus": 1, "vram": "8GiB", "exclusive": true, "priority": -2, "time_limit": "1h30m",
        "key": "k", "env": ["A=1"], "cwd": "/srv", "stdin": "in", "tag": ["x", "y"]})") == wanted));
    BOOST_TEST((read(R"({"argv": ["true"]})") == job::SubmitRequest{.argv = {"true"}}));
}

BOOST_AUTO_TEST_CASE(numbers_are_in_the_units_of_the_wire) {
    auto request = read(R"({"argv": ["true"], "time_limit": 1500, "vram": 4096})");
    BOOST_TEST((request.time_limit == 1500ms));
    BOOST_TEST(request.vram.count == 4096U);
}

BOOST_AUTO_TEST_CASE(what_is_null_is_not_given) {
    BOOST_TEST((read(R"({"argv": ["true"], "name": null, "time_limit": null})") ==
                job::SubmitRequest{.argv = {"true"}}));
}

BOOST_AUTO_TEST_CASE(a_broken_line_is_refused_with_a_sentence) {
    BOOST_TEST(refusal(R"({"argv": ["true"])").starts_with("is no JSON from byte "));
    BOOST_TEST(refusal("[1]") == "must be a JSON object, not a list");
    BOOST_TEST(refusal("{}") == "argv is missing");
    BOOST_TEST(refusal(R"({"argv": "true"})") == "argv: must be a list, not text");
    BOOST_TEST(refusal(R"({"argv": [1]})") == "argv: must be text, not a number");
    BOOST_TEST(refusal(R"({"argv": ["x"], "gpsu": 1})") ==
               "unknown parameter 'gpsu'; did you mean gpus?");
    BOOST_TEST(refusal(R"({"argv": ["x"], "gpus": "1"})") ==
               "gpus: must be a whole number, not text");
    BOOST_TEST(refusal(R"({"argv": ["x"], "gpus": -1})") ==
               "gpus: '-1' is not a whole number from 0 to 4294967295");
    BOOST_TEST(refusal(R"({"argv": ["x"], "gpus": 1.5})") ==
               "gpus: must be a whole number, not a number with a point");
    BOOST_TEST(refusal(R"({"argv": ["x"], "hold": 1})") ==
               "hold: must be true or false, not a number");
    BOOST_TEST(refusal(R"({"argv": ["x"], "time_limit": "10"})").starts_with("time_limit: '10'"));
    BOOST_TEST(refusal(R"({"argv": ["x"], "vram": -1})") == "vram: -1 is less than 0");
    BOOST_TEST(
        refusal(R"({"argv": ["x"], "class": "trainig"})").ends_with("did you mean training?"));
}

BOOST_AUTO_TEST_CASE(a_file_gives_the_same_keys_every_time_and_each_once) {
    const std::vector<std::string> lines{"a", "b", "a", "a", "ba"};
    ctl::LineKeys first;
    ctl::LineKeys second;
    std::set<std::string> keys;
    for (const auto& line : lines) {
        auto key = first.next(line, "/srv");
        BOOST_TEST(key == second.next(line, "/srv"));
        BOOST_TEST(key.size() < 128U);
        keys.insert(key);
    }
    BOOST_TEST(keys.size() == lines.size());
}

BOOST_AUTO_TEST_CASE(a_line_keeps_its_key_when_others_are_repaired) {
    ctl::LineKeys before;
    ctl::LineKeys after;
    before.next("broken", "/");
    auto key = before.next("good", "/");
    BOOST_TEST(after.next("good", "/") == key);
}

BOOST_AUTO_TEST_CASE(the_same_line_somewhere_else_is_another_job) {
    ctl::LineKeys keys;
    BOOST_TEST(keys.next("a", "/one") != keys.next("a", "/two"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
