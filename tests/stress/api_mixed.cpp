#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "ccd/host.h"
#include "ccd/job_change.h"
#include "tests/stress/admission.h"
#include "tests/stress/body.h"
#include "tests/stress/check.h"
#include "tests/stress/crowd.h"
#include "tests/stress/scenario.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t training_jobs = 10;
constexpr std::size_t inference_jobs = 30;
constexpr std::size_t private_cards = 2;
constexpr Millis stay_time{100};
constexpr Bytes training_memory = 8_GiB;
constexpr Bytes inference_memory = 4_GiB;

struct Cards {
    SlotCounts slots;                           // of all
    std::map<std::string, std::size_t> limits;  // of one, by class: the least of all cards
};

Result<Cards> look_at_cards(Client& client) {
    auto gpus = CCD_TRY(client.call<host::Gpus>({})).gpus;
    Cards cards;
    for (const auto& gpu : gpus)
        for (const auto& [job_class, slots] : gpu.slots) {
            if (job_class == "training") cards.slots.training += slots.max;
            if (job_class == "inference") cards.slots.inference += slots.max;
            auto& limit = cards.limits.try_emplace(job_class, slots.max).first->second;
            limit = std::min<std::size_t>(limit, slots.max);
        }
    if (cards.slots.training == 0 || cards.slots.inference == 0)
        return failure(Errc::bad_request, "this ccd has no cards with slots for both classes");
    return cards;
}

job::SubmitRequest occupying_job(const Ground& ground, job::Class job_class) {
    auto submit = held_job();
    submit.argv = argv_of(Occupation{.directory = ground.directory, .time = stay_time, .gate = {}});
    submit.job_class = job_class;
    submit.gpus = 1;
    submit.vram = job_class == job::Class::training ? training_memory : inference_memory;
    return submit;
}

// Training first, so that the order of submits does not explain why inference comes first.
struct Jobs {
    std::vector<job::Id> ids;
    std::vector<job::Class> classes;
};

Jobs submit_all(const Ground& ground, Report& report) {
    auto training = training_jobs * ground.scale;
    Jobs jobs;
    jobs.classes.assign(training, job::Class::training);
    jobs.classes.resize(training + inference_jobs * ground.scale, job::Class::inference);
    jobs.ids.resize(jobs.classes.size());
    auto tally = crowd(ground.socket, jobs.ids.size(), [&](std::size_t number, Visitor& visitor) {
        auto reply = visitor.ask<job::Submit>(occupying_job(ground, jobs.classes[number]));
        if (reply) jobs.ids[number] = reply->id;
    });
    end_requests(report, "submit", tally);
    return jobs;
}

// A sentence where the daemon's own ledger has more in a slot than there may be.
Result<std::optional<std::string>> check_ledger(Client& client) {
    auto gpus = CCD_TRY(client.call<host::Gpus>({})).gpus;
    for (const auto& gpu : gpus)
        for (const auto& [job_class, slots] : gpu.slots)
            if (slots.used > slots.max)
                return std::optional{fmt::format("card '{}' has {} {} jobs, with {} slots",
                                                 gpu.uuid, slots.used, job_class, slots.max)};
    return std::optional<std::string>{};
}

// Takes events until all jobs have ended; the first sentence about a broken rule, if any.
Result<std::optional<std::string>> watch(Client& events, std::uint64_t stream, Client& client,
                                         Admission& admission) {
    std::optional<std::string> broken;
    // Heartbeats come all the time; they are no sign that the jobs go on.
    auto last = std::chrono::steady_clock::now();
    while (!admission.all_ended()) {
        auto event = CCD_TRY(events.receive_item<job::Events>(stream));
        if (!event) return failure(Errc::internal, "the stream of events ended");
        if (event->job) last = std::chrono::steady_clock::now();
        if (std::chrono::steady_clock::now() - last > patience && broken) return broken;
        if (std::chrono::steady_clock::now() - last > patience)
            return failure(Errc::timeout, "no job moves: " + admission.unsuccessful());
        auto found = admission.observe(*event);
        if (!found) found = CCD_TRY(check_ledger(client));
        if (!broken) broken = std::move(found);
    }
    return broken;
}

Result<std::optional<std::string>> check_stays(const Ground& ground, const Jobs& jobs,
                                               const Cards& cards) {
    return find_crowding(CCD_TRY(read_stays(ground.directory, jobs.ids)), cards.limits);
}

// From the release of all at once until the last has ended.
Result<void> release_all(const Ground& ground, Report& report, const Jobs& jobs,
                         const Cards& cards) {
    Admission admission{cards.slots};
    for (std::size_t i = 0; i < jobs.ids.size(); ++i)
        admission.expect(jobs.ids[i], jobs.classes[i]);
    auto events = CCD_TRY(Client::open(ground.socket, patience));
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto stream = CCD_TRY(events.send<job::Events>({}));
    CCD_TRY(events.call<host::Ping>({}));  // answered after the subscription was made
    CCD_TRY(client.call<job::Release>({.ids = jobs.ids}));
    report.end_step("release all at once", true, fmt::format("{} jobs", jobs.ids.size()));
    end_check(report, "at every event: inference first, no class above its slots",
              watch(events, stream, client, admission));
    auto unsuccessful = admission.unsuccessful();
    report.end_step("every job succeeded", unsuccessful.empty(), unsuccessful);
    end_check(report, "by the jobs' own clocks: no card with too many at once",
              check_stays(ground, jobs, cards));
    return {};
}

}  // namespace

Result<void> mix_classes(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto cards = CCD_TRY(look_at_cards(client));
    bool is_as_configured = !ground.daemon || (cards.slots.training == private_cards * 1 &&
                                               cards.slots.inference == private_cards * 3);
    report.end_step("look at the cards", is_as_configured,
                    fmt::format("{} training and {} inference slots", cards.slots.training,
                                cards.slots.inference));
    auto jobs = submit_all(ground, report);
    if (!report.passed()) {
        std::erase(jobs.ids, job::Id{0});  // was refused
        return cancel_all(client, jobs.ids);
    }
    return release_all(ground, report, jobs, cards);
}

}  // namespace ccd::stress
