#include "tests/daemon/store/rows.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ccd::store {

TemporaryDirectory::TemporaryDirectory()
    : path_(std::filesystem::temp_directory_path() / "ccd-store-XXXXXX") {
    BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

JobRow full_job(job::Id id) {
    const auto number = static_cast<std::uint32_t>(id);
    return JobRow{
        .id = id,
        .uid = 4'000'000'000U + number,
        .job_class = job::Class::training,
        .exclusive = true,
        .umask = 077,
        .gpu_count = 2 + number,
        .cpus = 300 + number,
        .array_size = 9,
        .array_index = 7,
        .array_limit = 2,
        .array = id - 1,
        .vram = Bytes{~std::uint64_t{0} - id},
        .memory = 16_GiB,
        .time_limit = Millis{90'000},
        .submitted_at = WallTime{Millis{1'754'000'000'123}},
        .environment = 0,
        .request = ~std::uint64_t{0} - id,
        .argv = std::string{"python3\0-c\0\0print('\xff')\0", 23},
        .cwd = "/home/\xc3\xa4/work",
        .name = "name " + std::to_string(id),
        .key = "key " + std::to_string(id),
        .pool = "gentle",
        .options = JobOptions{.stdin_file = "/tmp/in",
                              .gpu = {"GPU-1", ""},
                              .tags = {"night", "blue"},
                              .properties = {"Nice=5", "CPUWeight=50"},
                              .after = {id - 1, ~job::Id{0} >> 1},
                              .after_any = {3},
                              .warn_signal = 12,
                              .warn_before = Millis{7'000},
                              .max_retries = 4,
                              .retry_delay = Millis{1'500},
                              .retry_on = 5},
        .progress = full_progress(job::State::running),
    };
}

Progress full_progress(job::State state) {
    return Progress{
        .state = state,
        .priority = -7,
        .attempt = 3,
        .retries_left = 3,
        .reason = "ended by signal 9",
        .due = WallTime{Millis{1'754'000'009'999}},
        .run = JobRun{.boot_id = "8f6a1c52-4e5b-4c8e-9d0a-6d6f2a1b3c4d",
                      .gpus = {"GPU-aa", "GPU-bb"},
                      .ending = Ending::time_limit,
                      .started_at = WallTime{Millis{1'754'000'001'456}},
                      .finished_at = WallTime{Millis{1'754'000'002'789}},
                      .exit_code = -1,
                      .signal = 9,
                      .end = job::End::out_of_memory},
    };
}

job::Event full_event(std::uint64_t seq, job::Id job) {
    return job::Event{
        .seq = seq,
        .time = WallTime{Millis{1'754'000'003'000}},
        .job = job,
        .from = job::State::held,
        .to = job::State::queued,
        .attempt = 4,
        .reason = "released",
        .gap = true,
    };
}

JobRow small_job(job::Id id, job::State state) {
    JobRow job{.id = id, .uid = 1000};
    job.progress.state = state;
    return job;
}

Batch batch_of(std::vector<Write> writes) {
    return Batch{std::move(writes)};
}

Batch submit_of(std::uint64_t number) {
    return batch_of({small_job(number), job::Event{.seq = number, .job = number}});
}

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

std::unique_ptr<Database> open_database(const std::string& path, const std::string& vfs) {
    Result<std::unique_ptr<Database>> database = Database::open({.path = path, .vfs = vfs});
    BOOST_REQUIRE_MESSAGE(database.has_value(), database.error().message);
    return std::move(*database);
}

void commit(Database& database, const Batch& batch) {
    const Result<void> saved = database.commit({&batch, 1});
    BOOST_REQUIRE_MESSAGE(saved.has_value(), saved.error().message);
}

Snapshot snapshot_of(Database& database) {
    Result<Snapshot> snapshot = database.snapshot();
    BOOST_REQUIRE_MESSAGE(snapshot.has_value(), snapshot.error().message);
    return std::move(*snapshot);
}

Answer answer_of(Database& database, const Query& query) {
    Result<Answer> answer = database.answer(query);
    BOOST_REQUIRE_MESSAGE(answer.has_value(), answer.error().message);
    return std::move(*answer);
}

std::vector<JobRow> unfinished_of(Database& database) {
    return answer_of(database, UnfinishedJobs{}).jobs;
}

std::vector<job::Id> ids_of(const std::vector<JobRow>& jobs) {
    std::vector<job::Id> ids;
    for (const JobRow& job : jobs) ids.push_back(job.id);
    return ids;
}

}  // namespace ccd::store
