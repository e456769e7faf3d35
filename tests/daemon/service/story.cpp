#include "tests/daemon/service/story.h"

#include <boost/test/unit_test.hpp>

namespace ccd::service {

Story::Story() {
    service.ledger.set_cards(two_cards());
    load({});
}

Story::~Story() = default;

void Story::load(std::vector<store::JobRow> jobs, store::Snapshot snapshot) {
    service.load(std::move(snapshot), now);
    service.load_jobs(std::move(jobs), now);
    service.loaded(now);
}

Decisions Story::turn() {
    service.tick(now);
    auto taken = service.take(service.current_batch() + (service.has_rows() ? 1 : 0));
    if (!taken.batch.empty()) on_the_way.push_back(taken.batch_id);
    return taken;
}

std::vector<Effect> Story::settle() {
    std::vector<Effect> decided;
    do {
        auto taken = turn();
        for (auto& effect : taken.effects) decided.push_back(std::move(effect));
        for (auto& write : taken.batch.writes) written.push_back(std::move(write));
        for (; !on_the_way.empty(); on_the_way.pop_front()) service.committed(on_the_way.front());
        service.tick(now);
    } while (service.has_decided());
    return decided;
}

store::JobRow Story::row(const Caller& owner, std::uint32_t gpus) {
    return {.uid = owner.uid,
            .job_class = gpus > 0 ? job::Class::training : job::Class::cpu,
            .gpu_count = gpus,
            .argv = std::string{"true\0", 5},
            .cwd = "/",
            .progress = {.priority = 5}};
}

job::Id Story::submit(store::JobRow job, const std::string& environment) {
    auto submitted = service.jobs.submit(std::move(job), environment, Ticket{}, alice, now);
    BOOST_TEST_REQUIRE(submitted.has_value());
    BOOST_TEST_REQUIRE(submitted->has_value());
    effects = settle();
    return (*submitted)->id;
}

job::State Story::state(job::Id id) {
    const auto* job = service.jobs.find(id);
    return job != nullptr ? job->state() : last_progress(id).state;
}

store::Progress Story::last_progress(job::Id id) {
    for (auto write = written.rbegin(); write != written.rend(); ++write)
        if (auto* progress = std::get_if<store::ProgressWrite>(&*write);
            progress != nullptr && progress->id == id)
            return progress->progress;
    BOOST_FAIL("nothing was written of this job");
    return {};
}

void Story::run(job::Id id) {
    service.jobs.started(id, service.jobs.find(id)->row.progress.attempt, now.wall, now);
    settle();
}

void Story::end(job::Id id, Outcome outcome) {
    outcome.at = now.wall;
    service.jobs.ended(id, service.jobs.find(id)->row.progress.attempt, outcome, now);
    effects = settle();
}

}  // namespace ccd::service
