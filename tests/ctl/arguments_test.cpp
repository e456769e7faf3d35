#include "ctl/arguments.h"

#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "tests/ctl/words.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;

using Words = std::vector<std::string>;

struct Parsing {
    ctl::Globals globals;

    template <class Command>
    ctl::Parsed<Command> take(const Words& words) {
        auto parsed = ctl::parse_line<Command>(views(words), globals);
        BOOST_TEST_REQUIRE(parsed.has_value(), parsed.error().message);
        return *parsed;
    }

    template <class Command>
    std::string refusal(const Words& words) {
        auto parsed = ctl::parse_line<Command>(views(words), globals);
        BOOST_TEST_REQUIRE(!parsed.has_value());
        BOOST_TEST((parsed.error().code == Errc::bad_request));
        return parsed.error().message;
    }
};

BOOST_FIXTURE_TEST_SUITE(arguments, Parsing)

BOOST_AUTO_TEST_CASE(every_option_of_a_submit_reaches_its_field) {
    auto parsed = take<job::Submit>(split(
        "--name n --class inference --gpus 2 --gpu GPU-0 --gpu 1 --vram 8GiB --exclusive "
        "--priority -4 --cpus 3 --memory 1GiB --time-limit 1h30m --key k --hold --env A=1 "
        "--env B= --cwd /tmp --stdin in.txt --tag x --tag y,z --clean-env --wait --follow -- a b"));
    job::SubmitRequest wanted{.argv = {"a", "b"},
                              .name = "n",
                              .job_class = job::Class::inference,
                              .gpus = 2,
                              .gpu = {"GPU-0", "1"},
                              .vram = 8_GiB,
                              .exclusive = true,
                              .priority = -4,
                              .cpus = 3,
                              .memory = 1_GiB,
                              .time_limit = 90min,
                              .key = "k",
                              .hold = true,
                              .env = {"A=1", "B="},
                              .cwd = "/tmp",
                              .stdin_file = "in.txt",
                              .tag = {"x", "y,z"}};
    BOOST_TEST((parsed.request == wanted));
    BOOST_TEST(
        (parsed.local == job::Submit::Local{.clean_env = true, .wait = true, .follow = true}));
}

BOOST_AUTO_TEST_CASE(an_option_takes_its_value_behind_an_equals_sign_too) {
    auto parsed = take<job::Submit>({"--name=a=b", "--time-limit=2s", "true"});
    BOOST_TEST(parsed.request.name.value() == "a=b");
    BOOST_TEST((parsed.request.time_limit == Millis{2000}));
    BOOST_TEST(take<job::Submit>({"--name=", "true"}).request.name.value() == "");
}

BOOST_AUTO_TEST_CASE(an_option_takes_the_next_word_whatever_it_is) {
    BOOST_TEST(take<job::Submit>({"--name", "--json", "true"}).request.name.value() == "--json");
    BOOST_TEST(!globals.json);
}

BOOST_AUTO_TEST_CASE(from_its_first_word_on_a_command_line_is_taken_as_it_is) {
    for (const auto& words : {Words{"--hold", "--", "prog", "--hold", "--json", "--", "-x", ""},
                              Words{"--hold", "prog", "--hold", "--json", "--", "-x", ""}}) {
        auto parsed = take<job::Submit>(words);
        BOOST_TEST(parsed.request.hold);
        BOOST_TEST((parsed.request.argv == Words{"prog", "--hold", "--json", "--", "-x", ""}));
        BOOST_TEST(!globals.json);
    }
}

BOOST_AUTO_TEST_CASE(a_program_may_begin_with_a_dash_behind_two) {
    BOOST_TEST((take<job::Submit>({"--", "-x"}).request.argv == Words{"-x"}));
    BOOST_TEST((take<job::Submit>({"--", "--", "x"}).request.argv == Words{"--", "x"}));
}

BOOST_AUTO_TEST_CASE(options_may_stand_before_between_and_behind_operands) {
    for (auto line : {"--any 17 18", "17 --any 18", "17 18 --any"}) {
        auto parsed = take<job::Wait>(split(line));
        BOOST_TEST((parsed.request == job::WaitRequest{.ids = {17, 18}, .any = true}));
    }
}

BOOST_AUTO_TEST_CASE(numbers_and_names_may_be_joined_by_commas) {
    BOOST_TEST((take<job::Status>({"1,2", "3"}).request.ids == std::vector<job::Id>{1, 2, 3}));
    auto listed = take<job::List>({"--state", "failed,lost", "--state=held"});
    BOOST_TEST((listed.request.state ==
                std::vector{job::State::failed, job::State::lost, job::State::held}));
}

BOOST_AUTO_TEST_CASE(jobs_are_named_by_number_by_range_and_as_the_last) {
    BOOST_TEST((take<job::Cancel>({"1,3", "5-8", "3", "last"}).request.ids ==
                std::vector<job::Id>{1, 3, 5, 6, 7, 8, ctl::last_job}));
    BOOST_TEST(take<job::Logs>({"last"}).request.id == ctl::last_job);
    BOOST_TEST(take<job::Events>({"--job", "last"}).request.job.value() == ctl::last_job);
    BOOST_TEST(refusal<job::Logs>({"1-2"}) == "<id>: '1-2' names 2 jobs; one is needed here");
    // Other numbers are numbers.
    BOOST_TEST(refusal<job::List>({"--limit", "last"}).starts_with("--limit: 'last' is not"));
}

BOOST_AUTO_TEST_CASE(last_is_named_afterwards_wherever_it_was_said) {
    auto parsed = take<job::Wait>({"17", "last"});
    ctl::Parts parts{&parsed.request, &parsed.local, &globals};
    BOOST_TEST(ctl::names_last(ctl::arguments_of<job::Wait>, parts));
    BOOST_TEST(ctl::name_last(ctl::arguments_of<job::Wait>, parts, 18));
    BOOST_TEST((parsed.request.ids == std::vector<job::Id>{17, 18}));
    BOOST_TEST(!ctl::names_last(ctl::arguments_of<job::Wait>, parts));
}

BOOST_AUTO_TEST_CASE(the_options_of_every_command_may_stand_anywhere) {
    auto parsed =
        take<job::Logs>(split("--json 17 --socket /s --follow --timeout 5s --no-color --tail 3"));
    BOOST_TEST((parsed.request == job::LogsRequest{.id = 17}));
    BOOST_TEST((parsed.local == job::Logs::Local{.follow = true, .tail = 3}));
    BOOST_TEST(
        (globals ==
         ctl::Globals{.socket = "/s", .json = true, .timeout = Millis{5000}, .no_color = true}));
}

BOOST_AUTO_TEST_CASE(those_before_the_command_are_read_up_to_its_name) {
    auto words = split("--json --timeout 5s status --no-color");
    auto read = ctl::parse_leading(views(words), globals);
    BOOST_TEST(read.value() == 3U);
    BOOST_TEST((globals == ctl::Globals{.json = true, .timeout = Millis{5000}}));
    BOOST_TEST(!ctl::parse_leading(views({"--hold"}), globals).has_value());
}

BOOST_AUTO_TEST_CASE(help_and_the_version_are_given_where_words_are_missing) {
    BOOST_TEST(take<job::Logs>({"--help"}).request.id == 0U);
    BOOST_TEST(globals.help);
    globals = {};
    take<job::Submit>({"--version"});
    BOOST_TEST(globals.version);
    globals = {};
    take<job::Submit>({"-h"});
    BOOST_TEST(globals.help);
}

BOOST_AUTO_TEST_CASE(operands_that_may_be_left_out_may) {
    BOOST_TEST(take<job::Status>({}).request.ids.empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_refused_in_a_sentence) {
    struct Case {
        std::string line;
        std::string sentence;
    };
    for (const auto& [line, sentence] : {
             Case{"", "<id> is missing"},
             Case{"17 18", "unexpected word '18'"},
             Case{"x", "<id>: 'x' names no job: a number, a range such as 5-8, or last is needed"},
             Case{"-1", "unknown option '-1'"},
             Case{"17 --tial 3", "unknown option '--tial'; did you mean --tail?"},
             Case{"17 --jsno", "unknown option '--jsno'; did you mean --json?"},
             Case{"17 --xyzzy", "unknown option '--xyzzy'"},
             Case{"17 --xyzzy=3", "unknown option '--xyzzy'"},
             Case{"17 -f", "unknown option '-f'"},
             Case{"17 --tail", "--tail needs a value"},
             Case{"17 --tail -1",
                  "--tail: '-1' is not a whole number from 0 to 18446744073709551615"},
             Case{"17 --tail 1 --tail 2", "--tail is given twice"},
             Case{"17 --follow --follow", "--follow is given twice"},
             Case{"17 --follow=yes", "--follow takes no value"},
             Case{"17 --attempt 4294967296",
                  "--attempt: '4294967296' is not a whole number from 0 to 4294967295"},
         })
        BOOST_TEST(refusal<job::Logs>(split(line)) == sentence);
    BOOST_TEST(refusal<job::Submit>({}) == "<argv> is missing");
    BOOST_TEST(refusal<queue::Create>({"frames", "--capacity", "4"}) ==
               "--message-size is missing");
    BOOST_TEST(refusal<job::Submit>({"--"}) == "<argv> is missing");
    BOOST_TEST(refusal<job::Submit>({"--umask", "0", "x"}) == "unknown option '--umask'");
    BOOST_TEST(refusal<job::Submit>({"--class", "trainig", "x"}) ==
               "--class: 'trainig' is not one of training, inference, cpu; did you mean training?");
    BOOST_TEST(refusal<job::Submit>({"--time_limit", "3s", "x"}) ==
               "unknown option '--time_limit'; did you mean --time-limit?");
    BOOST_TEST(refusal<job::Status>({"1,,2"}).starts_with("<ids>: ''"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
