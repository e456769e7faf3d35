#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "ccd/host.h"
#include "tests/stress/body.h"
#include "tests/stress/check.h"
#include "tests/stress/gate.h"
#include "tests/stress/scenario.h"
#include "tests/stress/submits.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t cards = 4;  // as many as the seed knows in one machine
constexpr auto lost_card = "GPU-3";
constexpr std::size_t slots = cards * 3;  // for inference
constexpr std::size_t jobs = 100;
constexpr std::size_t loyal_jobs = 6;  // that want the card that is lost
constexpr std::size_t kills = 3;
constexpr int exit_codes = 3;
constexpr Millis stay_time{20};

// One round: where its jobs keep their records, and what holds the first of them up.
struct Round {
    const Ground& ground;
    std::string directory;
    Gate gate;
};

// Jobs with the exit code that each must have.
struct Jobs {
    std::vector<job::SubmitRequest> requests;
    std::vector<job::Id> ids;

    static int exit_code(std::size_t number) { return static_cast<int>(number % exit_codes); }
};

Jobs jobs_with_card(const Round& round, std::size_t count) {
    Jobs made;
    for (std::size_t i = 0; i < count; ++i) {
        auto& request =
            made.requests.emplace_back(job_of(argv_of(Occupation{.directory = round.directory,
                                                                 .time = stay_time,
                                                                 .exit_code = Jobs::exit_code(i),
                                                                 .gate = round.gate.path()})));
        request.gpus = 1;
        request.job_class = job::Class::inference;
    }
    return made;
}

Result<void> restart(const Ground& ground) {
    ground.daemon->kill();
    return ground.daemon->restart();
}

// Of one card: whether it is there and given out.
Result<bool> is_there(Client& client, std::string_view card) {
    auto gpus = CCD_TRY(client.call<host::Gpus>({})).gpus;
    auto found = std::ranges::find(gpus, card, &host::Gpu::uuid);
    return found != gpus.end() && found->state == "ok";
}

Result<std::uint64_t> count_ended(Client& client) {
    auto stats = CCD_TRY(client.call<host::Stats>({})).jobs;
    return stats.succeeded + stats.failed + stats.cancelled + stats.timed_out + stats.lost;
}

// Every slot of every card is taken, by jobs that wait at the gate, and others want the card that
// is about to be lost.
Result<void> occupy_all(const Round& round, Report& report, Jobs& first, Jobs& loyal) {
    first.ids = CCD_TRY(submit_all(round.ground, report, first.requests));
    auto client = CCD_TRY(Client::open(round.ground.socket, patience));
    auto are_taken = [&]() -> Result<bool> {
        return CCD_TRY(client.call<host::Stats>({})).jobs.running == slots &&
               count_begun(round.directory) == slots;
    };
    CCD_TRY(wait_until("every slot is taken", are_taken));
    for (auto& request : loyal.requests) request.gpu = {lost_card};
    loyal.ids = CCD_TRY(submit_all(round.ground, report, loyal.requests));
    report.end_step("every slot of every card is taken", true, fmt::format("{} jobs", slots));
    return {};
}

// While jobs run on it. Gives the moment from which on none may begin there.
Result<harness::Nanos> lose_card(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    CCD_TRY(ground.daemon->set_cards(cards - 1));
    auto is_gone = [&]() -> Result<bool> { return !CCD_TRY(is_there(client, lost_card)); };
    CCD_TRY(wait_until("the card is gone", is_gone));
    harness::Nanos lost_at = std::chrono::steady_clock::now().time_since_epoch();
    report.end_step("a card is lost with jobs on it", true);
    CCD_TRY(restart(ground));
    report.end_step("kill the daemon while every slot is taken", true);
    return lost_at;
}

// The submits are answered in spite of all kills, each of which comes when some more have ended.
Result<void> kill_under_load(const Ground& ground, Report& report, Jobs& late) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto before = CCD_TRY(count_ended(client));
    Submitted submitted;
    {
        std::jthread submitting{[&] { submitted = submit_as_crowd(ground, late.requests); }};
        for (std::size_t kill = 1; kill <= kills; ++kill) {
            auto enough = before + late.requests.size() * kill / (kills + 1);
            auto go_on = [&]() -> Result<bool> { return CCD_TRY(count_ended(client)) >= enough; };
            CCD_TRY(wait_until("the jobs go on", go_on));
            CCD_TRY(restart(ground));
            client = CCD_TRY(Client::open(ground.socket, patience));
        }
    }
    report.tally.add(submitted.tally);
    late.ids = std::move(submitted.ids);
    report.end_step("kill the daemon under load", true, fmt::format("{} times", kills));
    report.end_step("every submit is answered in the end", submitted.tally.failed == 0,
                    submitted.tally.first_error);
    return {};
}

// An attempt that a kill kept from being begun is made again, so attempts are not counted: how
// often a job ran it says itself.
void check_ends(Report& report, const Jobs& of, const std::vector<job::View>& views) {
    std::string wrong = views.size() == of.ids.size() ? "" : "not all jobs are on record";
    for (std::size_t i = 0; i < views.size() && wrong.empty(); ++i) {
        const auto& view = views[i];
        auto code = Jobs::exit_code(i);
        auto state = code == 0 ? job::State::succeeded : job::State::failed;
        if (view.id == of.ids[i] && view.exit_code == code && view.state == state) continue;
        wrong = fmt::format("job {} is {} with {}, should have {}: {}", view.id,
                            ccd::to_string(view.state), view.exit_code.value_or(-1), code,
                            view.reason.value_or(""));
    }
    report.end_step("every job ended with its own exit code", wrong.empty(),
                    wrong.empty() ? fmt::format("{} jobs", of.ids.size()) : wrong);
}

Result<void> check_cards(const Round& round, Report& report, const std::vector<job::Id>& ids,
                         harness::Nanos lost_at) {
    auto stays = CCD_TRY(read_stays(round.directory, ids));
    report.end_step("every job ran exactly once, by its own record", true,
                    fmt::format("{} jobs", stays.size()));
    auto late = std::ranges::count_if(
        stays, [&](const Stay& stay) { return stay.card == lost_card && stay.began > lost_at; });
    report.end_step("none began on the lost card after its loss", late == 0,
                    fmt::format("{} did", late));
    auto crowding = find_crowding(stays, {{"inference", slots / cards}});
    report.end_step("no card had more than its slots", !crowding, crowding.value_or(""));
    return {};
}

// Those that want it have waited for it, and run on it now.
Result<void> bring_back(const Round& round, Report& report, const Jobs& loyal) {
    auto client = CCD_TRY(Client::open(round.ground.socket, patience));
    auto before = CCD_TRY(views_of(client, loyal.ids));
    auto waiting = std::ranges::count(before, job::State::queued, &job::View::state);
    report.end_step("who wants the lost card waits for it", waiting == std::ssize(loyal.ids),
                    fmt::format("{} of {} wait", waiting, loyal.ids.size()));
    CCD_TRY(round.ground.daemon->set_cards(cards));
    check_ends(report, loyal, CCD_TRY(wait_for_all(client, loyal.ids)));
    auto stays = CCD_TRY(read_stays(round.directory, loyal.ids));
    auto there = std::ranges::count(stays, std::string_view{lost_card}, &Stay::card);
    report.end_step("the card comes back, and they run on it", there == std::ssize(stays),
                    fmt::format("{} of {} did", there, stays.size()));
    return {};
}

}  // namespace

Result<void> fail_over(const Ground& ground, Report& report) {
    if (!ground.daemon) {
        report.leave_out("this daemon is not ours to kill, nor are its cards to take away");
        return {};
    }
    auto directory = CCD_TRY(fresh_directory(ground.directory));
    auto gate = CCD_TRY(Gate::close(directory + ".gate"));
    Round round{ground, std::move(directory), std::move(gate)};
    auto first = jobs_with_card(round, slots);
    auto loyal = jobs_with_card(round, loyal_jobs * ground.scale);
    auto late = jobs_with_card(round, jobs * ground.scale);
    CCD_TRY(occupy_all(round, report, first, loyal));
    auto lost_at = CCD_TRY(lose_card(ground, report));
    round.gate.open();
    CCD_TRY(kill_under_load(ground, report, late));
    if (!report.passed()) return {};
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    check_ends(report, first, CCD_TRY(wait_for_all(client, first.ids)));
    check_ends(report, late, CCD_TRY(wait_for_all(client, late.ids)));
    auto all = first.ids;
    all.insert(all.end(), late.ids.begin(), late.ids.end());
    CCD_TRY(check_cards(round, report, all, lost_at));
    return bring_back(round, report, loyal);
}

}  // namespace ccd::stress
