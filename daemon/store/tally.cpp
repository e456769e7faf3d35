#include "daemon/store/tally.h"

#include <numeric>

namespace ccd::store {

std::uint64_t Counts::total() const {
    return std::accumulate(finished.begin(), finished.end(), unfinished);
}

void Counts::add(job::State state) {
    ++(job::is_final(state) ? finished[static_cast<std::size_t>(state)] : unfinished);
}

void Counts::remove(job::State state) {
    --(job::is_final(state) ? finished[static_cast<std::size_t>(state)] : unfinished);
}

Result<Tally> Tally::prepare(sqlite3* connection) {
    Tally tally;
    tally.read_ = CCD_TRY(Statement::prepare(connection, "select state, jobs from tally"));
    tally.write_ =
        CCD_TRY(Statement::prepare(connection,
                                   "insert into tally (state, jobs) values (?1, ?2)"
                                   " on conflict (state) do update set jobs = excluded.jobs"));
    return tally;
}

Result<void> Tally::read(Counts& counts) {
    counts.finished.fill(0);
    Statement::Run run = read_.run();
    while (CCD_TRY(run.step())) {
        job::State state{};
        std::uint64_t jobs = 0;
        CCD_TRY(run.read(state, jobs));
        counts.finished[static_cast<std::size_t>(state)] = jobs;
    }
    return {};
}

Result<void> Tally::write(const Counts& before, const Counts& now) {
    for (std::size_t state = 0; state < now.finished.size(); ++state) {
        if (now.finished[state] == before.finished[state]) continue;
        Statement::Run run = write_.run();
        CCD_TRY(run.bind(state, now.finished[state]));
        CCD_TRY(run.finish());
    }
    return {};
}

}  // namespace ccd::store
