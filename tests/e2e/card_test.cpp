// Who gets which card, and what those are told who wait.
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

struct TwoCards : Stage {
    TwoCards() : Stage({.cards = 2, .values = {}}) {}

    job::SubmitRequest with_card(job::Class job_class, Bytes vram = {}) {
        auto request = endless();
        request.gpus = 1;
        request.job_class = job_class;
        request.vram = vram;
        return request;
    }

    std::string why_not(job::Id job) {
        auto reply = call<job::Why>({.id = job});
        BOOST_TEST_REQUIRE(!reply.blockers.empty());
        BOOST_TEST(reply.blockers[0].kind == "gpu");
        return reply.blockers[0].message;
    }
};

std::string job_named(job::Id job) {
    return "job " + std::to_string(job);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cards, TwoCards, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(each_card_has_one_slot_for_training) {
    auto request = with_card(job::Class::training);
    auto first = start(request), second = start(request);
    auto third = submit(request);
    std::set<std::string> taken{status(first).gpus.at(0), status(second).gpus.at(0)};
    BOOST_TEST((taken == std::set<std::string>{"GPU-0", "GPU-1"}));

    auto why = why_not(third);
    BOOST_TEST(why.find("GPU 0 has no training slot (" + job_named(first) + ")") !=
               std::string::npos);
    BOOST_TEST(why.find("GPU 1 has no training slot (" + job_named(second) + ")") !=
               std::string::npos);
    BOOST_TEST(status(third).reason.value_or("") == why);

    cancel(second);
    await(third, job::State::running);
    BOOST_TEST((status(third).gpus == std::vector<std::string>{"GPU-1"}));
}

BOOST_AUTO_TEST_CASE(slots_of_the_classes_add_up) {
    std::vector<job::Id> jobs;
    for (int i = 0; i < 2; ++i) jobs.push_back(start(with_card(job::Class::training)));
    for (int i = 0; i < 6; ++i) jobs.push_back(start(with_card(job::Class::inference)));
    auto waiting = submit(with_card(job::Class::inference));
    BOOST_TEST(why_not(waiting).find("no inference slot") != std::string::npos);

    for (const auto& gpu : call<host::Gpus>().gpus) {
        BOOST_TEST((gpu.slots.at("training") == host::Slots{.used = 1, .max = 1}));
        BOOST_TEST((gpu.slots.at("inference") == host::Slots{.used = 3, .max = 3}));
        BOOST_TEST(gpu.jobs.size() == 4U);
    }
    cancel(jobs.back());
    await(waiting, job::State::running);
}

BOOST_AUTO_TEST_CASE(memory_is_counted_and_the_arithmetic_told) {
    auto first = start(with_card(job::Class::inference, 20_GiB));
    auto second = start(with_card(job::Class::inference, 10_GiB));
    BOOST_TEST(status(first).gpus.at(0) != status(second).gpus.at(0));
    auto waiting = submit(with_card(job::Class::inference, 14_GiB));
    auto why = why_not(waiting);
    BOOST_TEST(why.find("needs 14.0 GiB on 1 card") != std::string::npos);
    BOOST_TEST(why.find("GPU 0 has 3.5 GiB free of 23.5 GiB (20.0 declared by " +
                        job_named(first)) != std::string::npos);
    BOOST_TEST(why.find("GPU 1 has 13.5 GiB free of 23.5 GiB (10.0 declared by " +
                        job_named(second)) != std::string::npos);
    auto printed = ctl({"why", std::to_string(waiting)});
    BOOST_TEST(printed.out.find("3.5 GiB free") != std::string::npos);
    cancel(first);
    await(waiting, job::State::running);
}

BOOST_AUTO_TEST_CASE(what_no_card_can_ever_give_is_refused_with_the_arithmetic) {
    auto refusal = refuse<job::Submit>(with_card(job::Class::training, 24_GiB));
    BOOST_TEST((refusal.code == Errc::bad_request));
    BOOST_TEST(refusal.message.find("23.5 GiB") != std::string::npos);
    auto three = endless();
    three.gpus = 3;
    BOOST_TEST(refuse<job::Submit>(three).message.find("3 cards") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_exclusive_has_its_card_alone) {
    auto alone = with_card(job::Class::training);
    alone.exclusive = true;
    alone.gpu = {"0"};
    auto first = start(alone);
    auto other = with_card(job::Class::inference);
    other.gpu = {"0"};
    auto waiting = submit(other);
    BOOST_TEST(why_not(waiting).find("GPU 0 is not shared (" + job_named(first) + ")") !=
               std::string::npos);
    other.gpu = {"1"};
    BOOST_TEST((status(start(other)).gpus == std::vector<std::string>{"GPU-1"}));
}

BOOST_AUTO_TEST_CASE(inference_goes_before_training_when_a_card_is_free_again) {
    std::vector<job::Id> first;
    for (int i = 0; i < 2; ++i) {
        auto request = with_card(job::Class::training);
        request.exclusive = true;
        first.push_back(start(request));
    }
    auto noting = [&](job::Class job_class, const std::string& name) {
        auto request = with_card(job_class);
        request.argv = {"/bin/sh", "-c", "echo " + name + " >> order"};
        request.gpu = {"0"};
        request.exclusive = true;
        return submit(request);
    };
    auto training = noting(job::Class::training, "training");
    auto inference = noting(job::Class::inference, "inference");
    call<job::Cancel>({.ids = first, .reason = {}});
    call<job::Wait>({.ids = {training, inference}});
    BOOST_TEST(read_file(path("order")) == "inference\ntraining\n");
}

BOOST_AUTO_TEST_CASE(a_card_that_is_listed_no_more_gets_no_jobs_until_it_is_listed_again) {
    auto states = [&] {
        std::vector<std::string> of_all;
        for (const auto& gpu : call<host::Gpus>().gpus) of_all.push_back(gpu.state);
        return of_all;
    };
    auto request = with_card(job::Class::training);
    request.gpu = {"1"};
    auto first = start(request), second = submit(request);
    BOOST_TEST_REQUIRE(daemon().set_cards(1).has_value());
    while (states() != std::vector<std::string>{"ok", "paused"}) {
    }
    BOOST_TEST((status(first).state == job::State::running));
    cancel(first);
    wait(first);
    BOOST_TEST(
        (status(start(with_card(job::Class::training))).gpus == std::vector<std::string>{"GPU-0"}));
    BOOST_TEST((status(second).state == job::State::queued));
    BOOST_TEST_REQUIRE(daemon().set_cards(2).has_value());
    await(second, job::State::running);
    BOOST_TEST((status(second).gpus == std::vector<std::string>{"GPU-1"}));
}

BOOST_AUTO_TEST_CASE(cards_are_back_after_a_restart_with_the_jobs_on_them) {
    auto job = start(with_card(job::Class::training, 8_GiB));
    auto before = call<host::Gpus>().gpus;
    restart();
    auto after = call<host::Gpus>().gpus;
    BOOST_TEST((after == before));
    BOOST_TEST(after.at(0).declared.count == (8_GiB).count);
    BOOST_TEST((after.at(0).jobs == std::vector<std::uint64_t>{job}));
    cancel(job);
    wait(job);
    BOOST_TEST(call<host::Gpus>().gpus.at(0).jobs.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
