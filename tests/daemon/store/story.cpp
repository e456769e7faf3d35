#include "tests/daemon/store/story.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace ccd::store {
namespace {

constexpr job::State ended = job::State::succeeded;

}  // namespace

Batch chapter(std::uint64_t n) {
    JobRow job = small_job(n);
    job.key = "key " + std::to_string(n);
    job.argv = std::string(1500, 'a');
    Batch batch = batch_of({job, job::Event{.seq = n, .job = n}});
    if (n > 1) batch.add(ProgressWrite{n - 1, {.state = ended, .run = JobRun{.exit_code = 0}}});
    return batch;
}

std::uint64_t check_story(const std::string& path, const std::string& vfs,
                          std::uint64_t acknowledged) {
    auto database = open_database(path, vfs);
    const Snapshot snapshot = snapshot_of(*database);
    const std::uint64_t count = snapshot.last_job;
    BOOST_TEST(count >= acknowledged);
    BOOST_TEST(snapshot.last_event == count);
    BOOST_TEST(unfinished_of(*database).size() == std::min<std::uint64_t>(count, 1));
    BOOST_TEST(snapshot.finished_by_state[static_cast<std::size_t>(ended)] ==
               std::max<std::uint64_t>(count, 1) - 1);

    const Answer jobs = answer_of(*database, JobPage{.limit = 1000});
    BOOST_TEST(jobs.total == count);
    BOOST_TEST_REQUIRE(jobs.jobs.size() == count);
    const Answer events = answer_of(*database, EventPage{});
    BOOST_TEST_REQUIRE(events.events.size() == count);
    for (std::uint64_t n = 1; n <= count; ++n) {
        const JobRow& job = jobs.jobs[count - n];
        BOOST_TEST(job.id == n);
        BOOST_TEST(job.argv.size() == 1500U);
        BOOST_TEST((job.progress.state == (n == count ? job::State::queued : ended)));
        BOOST_TEST(events.events[n - 1].seq == n);
    }
    database.reset();
    if (count > 0) BOOST_TEST(integrity(path) == "ok");
    return count;
}

std::string integrity(const std::string& path) {
    sqlite3* connection = nullptr;
    sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr);
    std::string found;
    const auto note = [](void* into, int, char** columns, char**) {
        static_cast<std::string*>(into)->append(columns[0]);
        return 0;
    };
    sqlite3_exec(connection, "pragma integrity_check", note, &found, nullptr);
    sqlite3_close(connection);
    return found;
}

}  // namespace ccd::store
