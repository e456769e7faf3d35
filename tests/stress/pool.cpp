#include <fmt/format.h>

#include <chrono>

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
using Broken = std::optional<std::string>;

constexpr std::size_t workers = 50;         // as in the seed
constexpr std::size_t jobs_per_worker = 8;  // hundreds wait
constexpr std::size_t bystanders = 20;
constexpr auto pool_name = "ccd-stress";
constexpr Millis stay_time{20};

// One round: who is in the pool and who is not, and where the first keep their records.
struct Round {
    std::size_t size;
    std::size_t count;  // of jobs in the pool
    std::string directory;
    Gate gate;
};

Result<host::PoolStats> look(Client& client) {
    auto pools = CCD_TRY(client.call<host::Stats>({})).pools;
    auto pool = pools.find(pool_name);
    if (pool == pools.end()) return failure(Errc::not_found, "the pool is not in the figures");
    return pool->second;
}

Result<Round> begin_round(const Ground& ground) {
    auto size = workers * ground.scale;
    auto directory = CCD_TRY(fresh_directory(ground.directory));
    auto gate = CCD_TRY(Gate::close(directory + ".gate"));
    return Round{size, size * jobs_per_worker, std::move(directory), std::move(gate)};
}

Result<std::vector<job::Id>> fill(const Ground& ground, Report& report, const Round& round) {
    std::vector<job::SubmitRequest> requests;
    for (std::size_t i = 0; i < round.count; ++i) {
        requests.push_back(job_of(argv_of(Occupation{
            .directory = round.directory, .time = stay_time, .gate = round.gate.path()})));
        requests.back().pool = pool_name;
    }
    return submit_all(ground, report, requests);
}

// As many run as there is room for, by the daemon's figures and by the jobs' own record.
Result<void> check_full(Client& client, Report& report, const Round& round) {
    auto is_full = [&]() -> Result<bool> {
        return CCD_TRY(look(client)).running == round.size &&
               count_begun(round.directory) == round.size;
    };
    CCD_TRY(wait_until("as many run as the pool has room for", is_full));
    auto pool = CCD_TRY(look(client));
    bool is_right = pool.size == round.size && pool.running == round.size &&
                    pool.queued == round.count - round.size && pool.utilization == 1;
    report.end_step("the pool is full, and its figures say so", is_right,
                    fmt::format("{} run, {} wait, utilization {:.2f}", pool.running, pool.queued,
                                pool.utilization));
    return {};
}

// Jobs of no pool start and end although the pool is full, and nothing has begun in it meanwhile.
Result<void> pass_by(const Ground& ground, Client& client, Report& report, const Round& round) {
    std::vector<job::SubmitRequest> requests;
    for (std::size_t i = 0; i < bystanders * ground.scale; ++i)
        requests.push_back(job_of({"/bin/true"}));
    auto ids = CCD_TRY(submit_all(ground, report, requests));
    end_successes(report, "jobs of no pool are not held up by a full one",
                  CCD_TRY(wait_for_all(client, ids)));
    auto begun = count_begun(round.directory);
    report.end_step("nobody has begun beyond its size", begun == round.size,
                    fmt::format("{} have begun, with room for {}", begun, round.size));
    return {};
}

Broken check_figures(const host::PoolStats& pool, const host::PoolStats& before,
                     const Round& round) {
    auto utilization = static_cast<double>(pool.running) / static_cast<double>(round.size);
    if (pool.running > round.size) return fmt::format("{} run in it", pool.running);
    if (pool.utilization != utilization)
        return fmt::format("{} run, but the utilization is {}", pool.running, pool.utilization);
    if (pool.queued > before.queued)
        return fmt::format("{} wait, and {} did before", pool.queued, before.queued);
    return {};
}

// Looks at the figures until the pool is empty.
Result<Broken> watch(Client& client, const Round& round) {
    Broken broken;
    auto before = CCD_TRY(look(client));
    auto is_empty = [&]() -> Result<bool> {
        auto pool = CCD_TRY(look(client));
        if (!broken) broken = check_figures(pool, before, round);
        before = pool;
        return pool.running == 0 && pool.queued == 0;
    };
    CCD_TRY(wait_until("the pool is empty", is_empty));
    return broken;
}

}  // namespace

std::vector<std::string> pool_settings(std::size_t scale) {
    auto room = (workers + bystanders) * scale;
    return {fmt::format("pools.{}.size={}", pool_name, workers * scale),
            fmt::format("jobs.max_running={}", room)};
}

Result<void> fill_pool(const Ground& ground, Report& report) {
    if (!ground.daemon) {
        report.leave_out("this daemon is not ours, and its pools are not for us to configure");
        return {};
    }
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto round = CCD_TRY(begin_round(ground));
    auto ids = CCD_TRY(fill(ground, report, round));
    CCD_TRY(check_full(client, report, round));
    CCD_TRY(pass_by(ground, client, report, round));
    round.gate.open();
    end_check(report, "at every look: no more run than its size, and its figures add up",
              watch(client, round));
    end_successes(report, "every job of the pool succeeded", CCD_TRY(wait_for_all(client, ids)));
    auto stays = CCD_TRY(read_stays(round.directory, ids));
    auto crowding = find_crowding(stays, {{"cpu", round.size}});
    report.end_step("by the jobs' own clocks: never more at once than its size", !crowding,
                    crowding.value_or(fmt::format("{} jobs, {} at once", ids.size(), round.size)));
    return {};
}

}  // namespace ccd::stress
