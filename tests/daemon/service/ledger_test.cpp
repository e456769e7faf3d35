#include "daemon/service/ledger.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

struct Cards {
    Cards() { ledger.set_cards(two_cards()); }

    static Demand training(std::uint32_t cards = 1, Bytes vram = {}) {
        return {.job_class = job::Class::training, .gpu_count = cards, .vram = vram};
    }
    static Demand inference(Bytes vram = {}) {
        return {.job_class = job::Class::inference, .gpu_count = 1, .vram = vram};
    }

    // Gives a job what it needs, if there is room.
    bool start(job::Id id, const Demand& demand) {
        auto room = ledger.find_room(demand);
        if (room) ledger.take(id, demand, *room);
        return room.has_value();
    }

    Ledger ledger{LedgerConfig{.slots = default_slots(),
                               .headroom = 512_MiB,
                               .max_running = 2,
                               .cores = 8,
                               .memory = 16_GiB}};
};

BOOST_FIXTURE_TEST_SUITE(ledger_suite, Cards)

BOOST_AUTO_TEST_CASE(a_24_gib_card_takes_one_training_and_three_inference_jobs_at_once) {
    BOOST_TEST(start(1, training()));
    BOOST_TEST(start(2, training()));
    BOOST_TEST(!start(3, training()));
    for (job::Id id = 10; id < 16; ++id) BOOST_TEST(start(id, inference()));
    BOOST_TEST(!start(16, inference()));
    for (const auto& gpu : ledger.view()) {
        BOOST_TEST(gpu.slots.at("training").used == 1U);
        BOOST_TEST(gpu.slots.at("inference").used == 3U);
    }
}

BOOST_AUTO_TEST_CASE(smaller_cards_have_fewer_slots) {
    ledger.set_cards({{.index = 0, .uuid = "GPU-12", .name = "", .memory = 12_GiB},
                      {.index = 1, .uuid = "GPU-8", .name = "", .memory = 8_GiB}});
    auto gpus = ledger.view();
    BOOST_TEST(gpus.at(0).slots.at("inference").max == 2U);
    BOOST_TEST(gpus.at(0).slots.at("training").max == 1U);
    BOOST_TEST(gpus.at(1).slots.at("inference").max == 1U);
    BOOST_TEST(gpus.at(1).slots.at("training").max == 1U);
}

// However often it was asked before.
BOOST_AUTO_TEST_CASE(what_is_explained_follows_every_change) {
    auto demand = training(2);
    auto message = [&] {
        auto blockers = ledger.explain(demand);
        BOOST_TEST((ledger.explain(demand) == blockers));
        return blockers.empty() ? "" : blockers.front().message;
    };
    BOOST_TEST(message() == "");
    BOOST_TEST(start(7, training()));
    BOOST_TEST(message().find("job 7") != std::string::npos);
    Ledger forecast = ledger;
    forecast.assume_ended(7);
    BOOST_TEST(forecast.explain(demand).empty());
    ledger.pause_cards("the driver is away");
    BOOST_TEST(message().find("the driver is away") != std::string::npos);
    ledger.set_cards(two_cards());
    BOOST_TEST(message().find("job 7") != std::string::npos);
    ledger.give_back(7);
    BOOST_TEST(message() == "");
    BOOST_TEST(start(8, training()));
    BOOST_TEST(message().find("job 8") != std::string::npos);
    ledger.release(8, Time{});
    BOOST_TEST(message() == "");
}

BOOST_AUTO_TEST_CASE(what_was_given_back_can_be_given_again) {
    BOOST_TEST(start(1, training(2, 20_GiB)));
    BOOST_TEST(!start(2, training(1, 1_GiB)));
    ledger.give_back(1);
    ledger.give_back(1);
    BOOST_TEST(start(2, training(2, 20_GiB)));
    BOOST_TEST(ledger.view().at(0).declared.count == (20_GiB).count);
}

BOOST_AUTO_TEST_CASE(declared_memory_adds_up_and_headroom_is_kept) {
    BOOST_TEST(start(1, inference(12_GiB)));
    BOOST_TEST(start(2, inference(12_GiB)));
    BOOST_TEST(!start(3, inference(12_GiB)));
    // 24 - 0.5 - 12 = 11.5
    BOOST_TEST(start(4, inference(Bytes{(11_GiB).count + (512_MiB).count})));
    BOOST_TEST(!start(5, inference(Bytes{(11_GiB).count + (512_MiB).count + 1})));
}

BOOST_AUTO_TEST_CASE(memory_that_others_use_is_not_given_out) {
    auto cards = two_cards();
    cards.at(0).used = 20_GiB;
    cards.at(1).used = Bytes{0};
    ledger.set_cards(cards);
    auto room = ledger.find_room(training(1, 8_GiB));
    BOOST_TEST_REQUIRE(room.has_value());
    BOOST_TEST(room->at(0) == "GPU-b");
    BOOST_TEST(!ledger.find_room(training(2, 8_GiB)).has_value());
}

BOOST_AUTO_TEST_CASE(the_least_loaded_card_is_taken) {
    BOOST_TEST(start(1, inference()));
    auto room = ledger.find_room(inference());
    BOOST_TEST_REQUIRE(room.has_value());
    BOOST_TEST(room->at(0) == "GPU-b");
}

BOOST_AUTO_TEST_CASE(a_card_that_is_not_shared_is_not_shared) {
    auto alone = training();
    alone.exclusive = true;
    BOOST_TEST(start(1, alone));
    BOOST_TEST(start(2, inference()));
    BOOST_TEST(ledger.view().at(0).jobs.size() == 1U);
    BOOST_TEST(!start(3, alone));
    BOOST_TEST(start(4, inference()));
    BOOST_TEST(ledger.view().at(0).jobs.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_that_insists_on_a_card_gets_that_card_or_waits) {
    auto first = training();
    first.gpu = {"GPU-b"};
    BOOST_TEST(start(1, first));
    BOOST_TEST(ledger.view().at(1).jobs.size() == 1U);
    BOOST_TEST(!start(2, first));
    BOOST_TEST(start(3, training()));
}

BOOST_AUTO_TEST_CASE(cards_are_named_by_uuid_or_index) {
    BOOST_TEST(ledger.find_card("GPU-b").value() == "GPU-b");
    BOOST_TEST(ledger.find_card("1").value() == "GPU-b");
    BOOST_TEST((ledger.find_card("2").error().code == Errc::bad_request));
    BOOST_TEST((ledger.find_card("1x").error().code == Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(what_can_never_run_is_refused_with_the_arithmetic) {
    auto refused = ledger.can_ever(training(3));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().code == Errc::bad_request));
    BOOST_TEST(refused.error().message.find("needs 3 cards, and 2 of 2") != std::string::npos);

    refused = ledger.can_ever(training(1, 24_GiB));
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("23.5 GiB") != std::string::npos);

    BOOST_TEST(!ledger.can_ever({.cpus = 9}).has_value());
    BOOST_TEST(!ledger.can_ever({.memory = 17_GiB}).has_value());
    BOOST_TEST(ledger.can_ever({.cpus = 8, .memory = 16_GiB}).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_machine_does_not_refuse_what_can_run_later) {
    BOOST_TEST(start(1, training(2, 23_GiB)));
    BOOST_TEST(ledger.can_ever(training(2, 23_GiB)).has_value());
}

BOOST_AUTO_TEST_CASE(unknown_cards_are_never_free_and_never_refused) {
    ledger.pause_cards("the driver is gone");
    BOOST_TEST(ledger.can_ever(training(8)).has_value());
    BOOST_TEST(!ledger.find_room(training()).has_value());
    BOOST_TEST(ledger.find_room({}).has_value());
    auto why = ledger.explain(training());
    BOOST_TEST(why.at(0).message.find("the driver is gone") != std::string::npos);
    ledger.set_cards(two_cards());
    BOOST_TEST(ledger.find_room(training()).has_value());
}

BOOST_AUTO_TEST_CASE(a_card_that_goes_away_keeps_its_jobs_and_gets_no_others) {
    BOOST_TEST(start(1, training()));
    ledger.set_cards({two_cards().at(1)});
    BOOST_TEST(ledger.view().at(0).state == "paused");
    BOOST_TEST(start(2, training()));
    BOOST_TEST(!start(3, inference()) == false);
    BOOST_TEST(ledger.view().at(0).jobs.size() == 1U);
    ledger.give_back(1);
    ledger.set_cards({two_cards().at(1)});
    BOOST_TEST(ledger.view().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_found_running_counts_whether_or_not_there_was_room) {
    ledger.take(1, training(), {"GPU-a"});
    ledger.take(2, training(), {"GPU-a"});
    ledger.take(3, training(), {"GPU-gone"});
    BOOST_TEST(ledger.view().size() == 3U);
    BOOST_TEST(start(4, training()));
    BOOST_TEST(!start(5, training()));
}

BOOST_AUTO_TEST_CASE(jobs_without_cards_are_bounded_by_number_cores_and_memory) {
    BOOST_TEST(start(1, {.cpus = 5}));
    BOOST_TEST(!start(2, {.cpus = 4}));
    BOOST_TEST(!start(3, {.memory = 17_GiB}));
    BOOST_TEST(start(4, {.memory = 16_GiB}));
    BOOST_TEST(!start(5, {}));
    auto why = ledger.explain({.cpus = 4});
    BOOST_TEST_REQUIRE(why.size() == 2U);
    BOOST_TEST(why.at(0).kind == "slots");
    BOOST_TEST(why.at(1).message == "needs 4 cores; 5 of 8 are taken");
}

BOOST_AUTO_TEST_CASE(the_reason_names_the_card_the_number_and_the_job) {
    BOOST_TEST(start(17, training(1, 12_GiB)));
    BOOST_TEST(start(21, training(1, 1_GiB)));
    auto why = ledger.explain(training(1, 20_GiB));
    BOOST_TEST_REQUIRE(why.size() == 1U);
    BOOST_TEST(why.at(0).message ==
               "needs 20.0 GiB on 1 card; GPU 0 has no training slot (job 17); GPU 1 has no "
               "training slot (job 21)");
    why = ledger.explain(inference(20_GiB));
    BOOST_TEST(why.empty());
    why = ledger.explain(inference(23_GiB));
    BOOST_TEST(why.at(0).message ==
               "needs 23.0 GiB on 1 card; GPU 0 has 11.5 GiB free of 23.5 GiB (12.0 declared by "
               "job 17); GPU 1 has 22.5 GiB free of 23.5 GiB (1.0 declared by job 21)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
