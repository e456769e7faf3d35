// A card that a driver measures: who is found on it, and what follows for those who wait.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/gpu/script.h"
#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

// Made before the daemon, which inherits what it says of itself.
struct Driver {
    gpu::Script script;
};

struct MeasuredCard : Driver, Stage {
    MeasuredCard()
        : Stage({.values = {"gpu.source=nvml", std::string{"gpu.library="} + FAKE_NVML,
                            "gpu.settle=100ms"}}) {
        say(0);
        look_until([](const host::Gpu& card) { return card.state == "ok"; });
    }

    // A card of 24 GiB, of which so much is used; and what else the driver says.
    void say(std::uint64_t used, std::vector<std::string> lines = {}) const {
        auto free = std::to_string(24'576 - used);
        lines.insert(lines.begin(), "card 00000000:01:00.0 GPU-a 24576 0 " + free + " 0 RTX");
        script.say(lines);
    }
    static std::string process(const std::string& pid, std::uint64_t memory) {
        return "process 0 compute " + pid + " " + std::to_string(memory);
    }

    host::Gpu gpu() {
        auto reply = call<host::Gpus>();
        return reply.gpus.empty() ? host::Gpu{} : reply.gpus[0];
    }
    // Has the card looked at, and waits until that is seen.
    template <class Seen>
    void look_until(Seen seen) {
        send_signal(SIGHUP);
        while (!seen(gpu())) {
        }
    }

    job::SubmitRequest with_card(job::Class job_class, Bytes vram = {}) const {
        auto request = endless();
        request.gpus = 1;
        request.job_class = job_class;
        request.vram = vram;
        return request;
    }
    std::string why(job::Id job) {
        auto reply = call<job::Why>({.id = job});
        BOOST_TEST_REQUIRE(!reply.blockers.empty());
        return reply.blockers[0].message;
    }

    // A job that tells the number of a process below its first.
    std::pair<job::Id, std::string> start_deep(Bytes vram) {
        Pipe told{path("told")};
        auto request = shell("sh -c 'echo $$ > told; exec sleep 100000' & wait");
        request.gpus = 1;
        request.vram = vram;
        auto job = start(request);
        auto pid = told.hear();
        pid.pop_back();
        return {job, pid};
    }
};

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(measured_card, MeasuredCard, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(others_who_use_the_card_are_named_to_those_who_wait) {
    auto stranger = std::to_string(getpid());
    auto uid = std::to_string(getuid());
    say(20'480, {process(stranger, 20'480)});
    look_until([](const host::Gpu& card) { return card.foreign == 20_GiB; });
    auto waiting = submit(with_card(job::Class::training, 8_GiB));
    BOOST_TEST(why(waiting) ==
               "needs 8.0 GiB on 1 card; GPU 0 has 3.5 GiB free of 23.5 GiB (20.0 used by pid " +
                   stranger + " of uid " + uid + ")");
    BOOST_TEST(says(ctl({"why", std::to_string(waiting)}).out, "used by pid " + stranger));
    auto table = ctl({"gpus"}).out;
    BOOST_TEST(says(table, stranger), table);
    BOOST_TEST(says(table, "20480 MiB"), table);
    auto json = ctl({"--json", "gpus"}).out;
    BOOST_TEST(says(json, "\"memory_bytes\":" + std::to_string((20_GiB).count)), json);

    say(0);
    send_signal(SIGHUP);
    await(waiting, job::State::running);
}

BOOST_AUTO_TEST_CASE(a_job_is_known_by_its_processes_after_a_restart_of_the_daemon_too) {
    auto [job, pid] = start_deep(2_GiB);
    say(5'120, {process(pid, 4'096), process("999999999", 1'024)});
    auto is_known = [&, job = job](const host::Gpu& card) {
        return card.measured == 4_GiB && card.foreign == 1_GiB && card.processes.at(0).job == job &&
               !card.processes.at(1).uid;
    };
    look_until(is_known);
    restart();
    look_until(is_known);
    BOOST_TEST((gpu().declared == 2_GiB));
}

BOOST_AUTO_TEST_CASE(a_card_whose_memory_does_not_come_back_is_quarantined_until_it_does) {
    auto [job, pid] = start_deep(4_GiB);
    say(4'096, {process(pid, 4'096)});
    look_until([](const host::Gpu& card) { return card.measured == 4_GiB; });

    cancel(job);
    wait(job);
    auto waiting = submit(with_card(job::Class::training));
    auto left = "no training slot (job " + std::to_string(job) + " until its memory is back)";
    BOOST_TEST(says(why(waiting), left), why(waiting));

    // From here on a look lasts until it is let go.
    auto fifo = script.make_fifo().string();
    auto hang = "hang nvmlDeviceGetCount_v2 " + fifo;
    auto pass_looks_until = [&](std::string_view state) {
        while (gpu().state != state) UniqueFd{::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)};
    };
    say(4'096, {process(pid, 4'096), hang});
    pass_looks_until("quarantined");
    auto by_whom = "job " + std::to_string(job) +
                   " has ended, but its memory is still held by pid " + pid + ", unknown here";
    BOOST_TEST(says(why(waiting), "GPU 0 is quarantined: " + by_whom), why(waiting));
    BOOST_TEST(says(gpu().reason.value_or(""), by_whom + " with 4096 MiB"));
    BOOST_TEST(says(ctl({"gpus"}).out, "GPU 0 is quarantined: " + by_whom));
    BOOST_TEST(call<host::Health>().status == "degraded");
    BOOST_TEST(says(daemon().log(), "(GPU-a) is quarantined: " + by_whom));

    say(0, {hang});
    pass_looks_until("ok");
    say(0);
    await(waiting, job::State::running);
}

BOOST_AUTO_TEST_CASE(a_slot_is_back_as_soon_as_a_look_shows_it) {
    for (int i = 0; i < 5; ++i) {
        auto request = with_card(job::Class::training, 20_GiB);
        request.argv = {"/bin/true"};
        BOOST_TEST((run(request).state == job::State::succeeded));
    }
}

BOOST_AUTO_TEST_CASE(who_declares_memory_waits_until_the_use_of_others_has_settled) {
    auto first = start(with_card(job::Class::training));
    auto second = submit(with_card(job::Class::inference, 1_GiB));
    await(second, job::State::running);
    BOOST_TEST((status(first).state == job::State::running));
}

BOOST_AUTO_TEST_CASE(a_driver_that_fails_pauses_its_cards_until_it_answers_again) {
    auto running = start(with_card(job::Class::inference, 1_GiB));
    // After an upgrade neither the library that is open nor one opened anew suits the driver, until
    // its module is loaded anew, too.
    const std::vector<std::string> broken{"fail nvmlDeviceGetCount_v2 999"};
    const std::vector<std::string> upgraded{"fail nvmlDeviceGetCount_v2 18", "fail nvmlInit_v2 18"};
    for (const auto& failure : {broken, upgraded}) {
        say(0, failure);
        look_until([](const host::Gpu& card) { return card.state == "paused"; });
        auto waiting = submit(with_card(job::Class::inference, 1_GiB));
        BOOST_TEST(says(why(waiting), "no card is given out: "));
        auto health = call<host::Health>();
        BOOST_TEST(health.gpu == "paused");
        BOOST_TEST(health.status == "degraded");
        BOOST_TEST((status(running).state == job::State::running));
        say(0);
        send_signal(SIGHUP);
        await(waiting, job::State::running);
        BOOST_TEST(call<host::Health>().gpu == "ok");
        cancel(waiting);
        wait(waiting);
    }
}

BOOST_AUTO_TEST_CASE(a_driver_that_hangs_pauses_its_cards_until_it_answers) {
    auto fifo = script.make_fifo().string();
    say(0, {"hang nvmlDeviceGetCount_v2 " + fifo});
    send_signal(SIGHUP);
    // A FIFO opens for writing when somebody reads it: the look is inside the driver now.
    UniqueFd driver{::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)};
    // Jobs without cards go on, and are what time is told by.
    while (gpu().state != "paused") run(program({"/bin/sleep", "0.2"}));
    auto waiting = submit(with_card(job::Class::training));
    BOOST_TEST(why(waiting) == "no card is given out: the driver has not answered for 5 s");
    say(0);
    driver.reset();
    await(waiting, job::State::running);
}

BOOST_AUTO_TEST_CASE(a_card_that_is_lost_while_a_job_runs_on_it_comes_back_with_the_job) {
    auto job = start(with_card(job::Class::training, 8_GiB));
    script.say({"card 00000000:41:00.0 GPU-b 24576 0 24576 0 RTX"});
    send_signal(SIGHUP);
    while (call<host::Gpus>().gpus.size() != 2U) {
    }
    auto gpus = call<host::Gpus>().gpus;
    BOOST_TEST((gpus.at(0).uuid == "GPU-a" || gpus.at(1).uuid == "GPU-a"));
    // It is back, behind another.
    script.say({"card 00000000:41:00.0 GPU-a 24576 0 24576 0 RTX",
                "card 00000000:01:00.0 GPU-c 24576 0 24576 0 RTX"});
    send_signal(SIGHUP);
    while (call<host::Gpus>().gpus.at(0).uuid != "GPU-c") {
    }
    gpus = call<host::Gpus>().gpus;
    BOOST_TEST(gpus.at(1).uuid == "GPU-a");
    BOOST_TEST(gpus.at(1).state == "ok");
    BOOST_TEST((gpus.at(1).jobs == std::vector<std::uint64_t>{job}));
    BOOST_TEST((gpus.at(1).declared == 8_GiB));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
