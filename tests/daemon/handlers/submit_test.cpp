// The bounds of a submit, each named by its refusal.
#include <boost/test/unit_test.hpp>
#include <functional>

#include "tests/daemon/handlers/desk.h"

namespace ccd::handlers {
namespace {

using Change = std::function<void(job::SubmitRequest&)>;

struct Bounds : Desk {
    // The request with one thing changed is refused, by a sentence that says what.
    void refuses(Errc code, std::string_view text, const Change& change) {
        auto asked = request();
        change(asked);
        auto reply = ask<job::Submit>(owner, asked);
        BOOST_TEST_REQUIRE(!reply.has_value(), "it was taken, although: " << text);
        BOOST_TEST((reply.error().code == code),
                   info_of(reply.error().code).name << ": " << reply.error().message);
        BOOST_TEST(reply.error().message.find(text) != std::string::npos,
                   "'" << reply.error().message << "' does not say '" << text << "'");
    }

    void takes(const Change& change) {
        auto asked = request();
        change(asked);
        auto reply = ask<job::Submit>(owner, asked);
        BOOST_TEST(reply.has_value(), (reply ? "" : reply.error().message));
    }
};

const std::string nul{"a\0b", 3};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bounds, Bounds)

BOOST_AUTO_TEST_CASE(there_must_be_a_program) {
    refuses(Errc::bad_request, "no program", [](auto& asked) { asked.argv = {}; });
    refuses(Errc::bad_request, "no program", [](auto& asked) { asked.argv = {""}; });
    takes([](auto& asked) { asked.argv = {"echo", ""}; });
}

BOOST_AUTO_TEST_CASE(a_command_has_a_bounded_number_of_arguments) {
    takes([](auto& asked) { asked.argv.assign(4'096, "x"); });
    refuses(Errc::over_limit, "4097", [](auto& asked) { asked.argv.assign(4'097, "x"); });
}

BOOST_AUTO_TEST_CASE(a_command_has_a_bounded_length) {
    takes([](auto& asked) { asked.argv = {"echo", std::string(999'990, 'x')}; });
    refuses(Errc::over_limit, "the command", [](auto& asked) {
        asked.argv = {"echo", std::string(1'000'000, 'x')};
    });
}

BOOST_AUTO_TEST_CASE(an_environment_is_bounded_too) {
    takes([](auto& asked) { asked.env.assign(4'096, "A=1"); });
    refuses(Errc::over_limit, "the environment",
            [](auto& asked) { asked.env.assign(4'097, "A=1"); });
    refuses(Errc::over_limit, "the environment",
            [](auto& asked) { asked.env = {"A=" + std::string(1'000'000, 'x')}; });
}

BOOST_AUTO_TEST_CASE(no_string_has_a_nul_inside) {
    refuses(Errc::bad_request, "NUL", [](auto& asked) { asked.argv = {"echo", nul}; });
    refuses(Errc::bad_request, "NUL", [](auto& asked) { asked.env = {"A=" + nul}; });
    refuses(Errc::bad_request, "NUL", [](auto& asked) { asked.cwd = "/" + nul; });
    refuses(Errc::bad_request, "NUL", [](auto& asked) { asked.stdin_file = "/" + nul; });
}

BOOST_AUTO_TEST_CASE(an_environment_is_made_of_names_and_values) {
    takes([](auto& asked) { asked.env = {"A=", "B==", "C=x=y"}; });
    refuses(Errc::bad_request, "'NAME'", [](auto& asked) { asked.env = {"A=1", "NAME"}; });
    refuses(Errc::bad_request, "NAME=VALUE", [](auto& asked) { asked.env = {"=1"}; });
    refuses(Errc::bad_request, "NAME=VALUE", [](auto& asked) { asked.env = {""}; });
}

BOOST_AUTO_TEST_CASE(a_refusal_of_an_environment_does_not_show_a_value) {
    auto asked = request();
    asked.env = {"=hunter2"};
    auto reply = ask<job::Submit>(owner, asked);
    BOOST_TEST_REQUIRE(!reply.has_value());
    BOOST_TEST(reply.error().message.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(words_are_short_and_of_one_line) {
    const std::vector<std::pair<std::string, std::function<void(job::SubmitRequest&, std::string)>>>
        words{{"the name", [](auto& asked, auto word) { asked.name = word; }},
              {"the key", [](auto& asked, auto word) { asked.key = word; }},
              {"a tag", [](auto& asked, auto word) {
                   asked.tag = {"fine", word};
               }}};
    for (const auto& [what, set] : words) {
        takes([&](auto& asked) { set(asked, std::string(128, 'x')); });
        takes([&](auto& asked) { set(asked, "Grüße, 世界"); });
        refuses(Errc::bad_request, what, [&](auto& asked) { set(asked, ""); });
        refuses(Errc::over_limit, what, [&](auto& asked) { set(asked, std::string(129, 'x')); });
        for (auto control : {"a\nb", "a\tb", "\x1b[31m", "\x7f"})
            refuses(Errc::bad_request, what, [&](auto& asked) { set(asked, control); });
    }
}

BOOST_AUTO_TEST_CASE(there_is_a_bounded_number_of_tags) {
    takes([](auto& asked) { asked.tag.assign(32, "x"); });
    refuses(Errc::over_limit, "33", [](auto& asked) { asked.tag.assign(33, "x"); });
}

BOOST_AUTO_TEST_CASE(paths_are_absolute_and_bounded) {
    for (auto path : {"", ".", "relative/path", "~/x"}) {
        refuses(Errc::bad_request, "not an absolute path", [&](auto& asked) { asked.cwd = path; });
        refuses(Errc::bad_request, "not an absolute path",
                [&](auto& asked) { asked.stdin_file = path; });
    }
    takes([](auto& asked) { asked.cwd = "/" + std::string(4'094, 'x'); });
    refuses(Errc::over_limit, "working directory",
            [](auto& asked) { asked.cwd = "/" + std::string(4'095, 'x'); });
}

BOOST_AUTO_TEST_CASE(a_umask_is_made_of_permissions) {
    takes([](auto& asked) { asked.umask = 0777; });
    refuses(Errc::bad_request, "umask", [](auto& asked) { asked.umask = 01000; });
}

BOOST_AUTO_TEST_CASE(a_time_limit_is_longer_than_nothing) {
    takes([](auto& asked) { asked.time_limit = Millis{1}; });
    refuses(Errc::bad_request, "time limit", [](auto& asked) { asked.time_limit = Millis{0}; });
    refuses(Errc::bad_request, "time_limit", [](auto& asked) { asked.time_limit = Millis{-1}; });
}

BOOST_AUTO_TEST_CASE(what_is_said_of_cards_makes_sense_together) {
    refuses(Errc::bad_request, "class cpu has no cards", [](auto& asked) {
        asked.gpus = 1;
        asked.job_class = job::Class::cpu;
    });
    refuses(Errc::bad_request, "--gpus", [](auto& asked) { asked.vram = 1_GiB; });
    refuses(Errc::bad_request, "--gpus", [](auto& asked) { asked.exclusive = true; });
    refuses(Errc::bad_request, "needs 2 cards but names 1", [](auto& asked) {
        asked.gpus = 2;
        asked.gpu = {"0"};
    });
    refuses(Errc::over_limit, "cards", [](auto& asked) { asked.gpus = 65; });
    takes([](auto& asked) {
        asked.gpus = 1;
        asked.vram = 1_GiB;
        asked.exclusive = true;
    });
}

BOOST_AUTO_TEST_CASE(a_card_is_named_once_however_it_is_named) {
    refuses(Errc::bad_request, "named twice", [](auto& asked) { asked.gpu = {"GPU-a", "GPU-a"}; });
    refuses(Errc::bad_request, "named twice", [](auto& asked) { asked.gpu = {"GPU-a", "0"}; });
    refuses(Errc::bad_request, "no card '7'", [](auto& asked) { asked.gpu = {"7"}; });
    takes([](auto& asked) { asked.gpu = {"1", "GPU-a"}; });
}

BOOST_AUTO_TEST_CASE(what_this_machine_can_never_give_is_refused_with_the_arithmetic) {
    refuses(Errc::bad_request, "3 cards", [](auto& asked) { asked.gpus = 3; });
    refuses(Errc::bad_request, "23.5 GiB", [](auto& asked) {
        asked.gpus = 1;
        asked.vram = 24_GiB;
    });
    refuses(Errc::bad_request, "this machine has 8", [](auto& asked) { asked.cpus = 9; });
    refuses(Errc::bad_request, "memory", [](auto& asked) { asked.memory = 17_GiB; });
}

BOOST_AUTO_TEST_CASE(a_pool_is_one_that_there_is) {
    takes([](auto& asked) { asked.pool = "license"; });
    refuses(Errc::bad_request, "no such pool", [](auto& asked) { asked.pool = "licence"; });
    refuses(Errc::bad_request, "the pool", [](auto& asked) { asked.pool = ""; });
    refuses(Errc::over_limit, "the pool", [](auto& asked) { asked.pool = std::string(129, 'x'); });
}

BOOST_AUTO_TEST_CASE(a_full_pool_is_what_its_next_job_waits_for) {
    auto asked = request();
    asked.pool = "license";
    submit(owner, asked);
    auto second = submit(owner, asked);
    auto why = ask<job::Why>(other, {.id = second});
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST(why->reason.value() == "pool 'license': 1 of 1 run");
    BOOST_TEST(why->blockers.front().kind == "pool");
    BOOST_TEST(why->position.value() == 1U);
    auto jobs = ask<job::Status>(other, {.ids = {second}});
    BOOST_TEST_REQUIRE(jobs.has_value());
    BOOST_TEST(jobs->jobs.front().pool.value() == "license");
}

BOOST_AUTO_TEST_CASE(why_estimates_when_a_job_can_start_for_which_cards_are_kept) {
    auto asked = request();
    asked.gpus = 2;
    asked.time_limit = Millis{60'000};
    starts(submit(owner, asked));
    auto second = submit(owner, asked);
    auto third = submit(owner, asked);
    auto why = ask<job::Why>(owner, {.id = second});
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST((why->estimate == Millis{60'000}));
    BOOST_TEST(why->blockers.back().kind == "reservation");
    why = ask<job::Why>(owner, {.id = third});
    BOOST_TEST_REQUIRE(why.has_value());
    BOOST_TEST(!why->estimate.has_value());
    BOOST_TEST(why->position.value() == 2U);
}

BOOST_AUTO_TEST_CASE(the_class_follows_from_the_cards_and_the_priority_from_the_class) {
    auto with_card = request();
    with_card.gpus = 1;
    with_card.priority = -3;
    auto jobs =
        ask<job::Status>(owner, {.ids = {submit(owner, request()), submit(owner, with_card)}});
    BOOST_TEST_REQUIRE(jobs.has_value());
    BOOST_TEST((jobs->jobs[0].job_class == job::Class::cpu));
    BOOST_TEST(jobs->jobs[0].priority == 5);
    BOOST_TEST((jobs->jobs[1].job_class == job::Class::training));
    BOOST_TEST(jobs->jobs[1].priority == -3);
    BOOST_TEST(jobs->jobs[1].gpu_count == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
