#include "daemon/store/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <variant>

namespace ccd::store {
namespace {

// A log that has grown this long, because checkpoints failed, is cut off by the next one.
constexpr std::uint32_t truncate_frames = (64_MiB).count / page_size;

// The greatest numbers that were pruned: they stay taken when no row has them any more.
const std::string pruned_job{"pruned_job"};
const std::string pruned_event{"pruned_event"};

// Of jobs and events each, that one question for what has expired looks at. What it finds is
// erased in one commit.
constexpr std::uint32_t expired_budget = 1'000;

// Between two signs of progress.
constexpr std::uint32_t progress_rows = 1'000;

// Of unfinished jobs in one answer: the rules take them in one turn, so it is to be a short one.
constexpr std::uint32_t unfinished_limit = 4'000;

int note_log_frames(void* frames, sqlite3*, const char*, int count) noexcept {
    *static_cast<std::uint32_t*>(frames) = static_cast<std::uint32_t>(count);
    return SQLITE_OK;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(Options options) {
    // A check that did not end may have left it, with the environments of jobs.
    remove_copy(options.path);
    Connection connection = CCD_TRY(connect(options.path, options.vfs));
    std::unique_ptr<Database> database{new Database(std::move(options), std::move(connection))};
    CCD_TRY(database->prepare());
    CCD_TRY(database->checkpoint());
    return database;
}

Result<void> Database::prepare() {
    sqlite3* connection = connection_.get();
    begin_ = CCD_TRY(Statement::prepare(connection, "begin immediate"));
    commit_ = CCD_TRY(Statement::prepare(connection, "commit"));
    jobs_ = CCD_TRY(Jobs::prepare(connection));
    events_ = CCD_TRY(Events::prepare(connection));
    environments_ = CCD_TRY(Environments::prepare(connection));
    settings_ = CCD_TRY(Settings::prepare(connection));
    queues_ = CCD_TRY(Queues::prepare(connection));
    tally_ = CCD_TRY(Tally::prepare(connection));
    CCD_TRY(tally_.read(counts_));
    counts_.unfinished = CCD_TRY(jobs_.count_unfinished());
    checkpoint_at_ = options_.checkpoint_frames;
    sqlite3_wal_hook(connection, note_log_frames, &log_frames_);
    return {};
}

Database::~Database() {
    if (is_sync_lost_) return;
    sqlite3* connection = connection_.get();
    const int copied =
        sqlite3_wal_checkpoint_v2(connection, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (copied == SQLITE_OK) set_checkpoint_at_close(connection);
}

Result<void> Database::commit(std::span<const Batch> batches) {
    const Counts before = counts_;
    Result<void> saved = begin_.run().finish();
    if (saved) saved = apply(batches);
    if (saved) saved = tally_.write(before, counts_);
    if (saved) saved = commit_.run().finish();
    if (!saved) {
        note_failure();
        roll_back();
        counts_ = before;
    }
    return saved;
}

Result<void> Database::apply(std::span<const Batch> batches) {
    std::uint32_t applied = 0;
    for (const Batch& batch : batches) {
        for (const Write& write : batch.writes) {
            CCD_TRY(std::visit([this](const auto& row) { return apply(row); }, write));
            if (++applied % progress_rows == 0 && options_.on_progress) options_.on_progress();
        }
    }
    return {};
}

Result<void> Database::apply(const JobRow& job) {
    CCD_TRY(jobs_.insert(job));
    counts_.add(job.progress.state);
    return {};
}

Result<void> Database::apply(const ProgressWrite& write) {
    const job::State before = CCD_TRY(jobs_.update(write.id, write.progress));
    counts_.remove(before);
    counts_.add(write.progress.state);
    return {};
}

Result<void> Database::apply(const JobEdit& edit) {
    const job::State before = CCD_TRY(jobs_.edit(edit.job));
    counts_.remove(before);
    counts_.add(edit.job.progress.state);
    return {};
}

Result<void> Database::apply(const EnvironmentRow& environment) {
    return environments_.insert(environment);
}

Result<void> Database::apply(const EnvironmentErase& erase) {
    return environments_.erase(erase.id);
}

Result<void> Database::apply(const job::Event& event) {
    return events_.insert(event);
}

Result<void> Database::apply(const SettingWrite& setting) {
    return settings_.write(setting);
}

Result<void> Database::apply(const QueueRow& queue) {
    return queues_.insert(queue);
}

Result<void> Database::apply(const QueueErase& erase) {
    return queues_.erase(erase.id);
}

Result<void> Database::apply(const Prune& prune) {
    for (const job::Id id : prune.jobs) {
        const std::optional<job::State> state = CCD_TRY(jobs_.erase(id));
        if (state) counts_.remove(*state);
    }
    if (!prune.jobs.empty()) {
        CCD_TRY(settings_.raise(pruned_job, *std::ranges::max_element(prune.jobs)));
    }
    if (prune.events_through == 0) return {};
    CCD_TRY(events_.erase_through(prune.events_through));
    return settings_.raise(pruned_event, prune.events_through);
}

// Some errors have rolled back already.
void Database::roll_back() {
    sqlite3* connection = connection_.get();
    if (sqlite3_get_autocommit(connection) == 0) {
        sqlite3_exec(connection, "rollback", nullptr, nullptr, nullptr);
    }
}

void Database::note_failure() {
    const int code = sqlite3_extended_errcode(connection_.get());
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) is_sync_lost_ = true;
}

Result<Answer> Database::answer(const Query& query) {
    Result<Answer> answered =
        std::visit([this](const auto& question) { return find(question); }, query);
    if (answered) answered->total = counts_.total();
    return answered;
}

Result<Answer> Database::find(const UnfinishedJobs& query) {
    return jobs_.unfinished(query, std::min(options_.row_budget, unfinished_limit));
}

Result<Answer> Database::find(const JobsById& query) {
    return Answer{.jobs = CCD_TRY(jobs_.find(query, options_.on_progress))};
}

Result<Answer> Database::find(const JobPage& query) {
    return jobs_.page(query, options_.row_budget);
}

Result<Answer> Database::find(const EventPage& query) {
    return events_.page(query, options_.row_budget);
}

Result<Answer> Database::find(const Expired& query) {
    Answer answer = CCD_TRY(jobs_.expired(query, std::min(options_.row_budget, expired_budget)));
    CCD_TRY(events_.expired(query, std::min(options_.row_budget, expired_budget), answer));
    return answer;
}

Result<Answer> Database::find(const Census&) {
    Answer answer;
    answer.finished_by_state.assign(counts_.finished.begin(), counts_.finished.end());
    return answer;
}

Result<Answer> Database::find(const CopyStep& step) {
    if (step.what != CopyStep::What::go_on) being_copied_.reset();
    if (step.what == CopyStep::What::give_up) return Answer{};
    if (step.what == CopyStep::What::begin)
        being_copied_ = CCD_TRY(Copy::begin(connection_.get(), options_.path));
    if (!being_copied_) return failure(Errc::internal, "no copy of the database is being made");
    Answer answer;
    const Result<void> copied = being_copied_->step(answer);
    if (!copied) being_copied_.reset();
    CCD_TRY(copied);
    if (!answer.is_partial) {
        being_copied_->keep();
        being_copied_.reset();
    }
    return answer;
}

Result<Snapshot> Database::snapshot() {
    Snapshot now;
    now.environments = CCD_TRY(environments_.all());
    now.finished_keys = CCD_TRY(jobs_.finished_keys());
    now.settings = CCD_TRY(settings_.all());
    now.queues = CCD_TRY(queues_.all());
    now.last_queue = CCD_TRY(queues_.last_id());
    now.last_job = std::max(CCD_TRY(jobs_.last_id()), CCD_TRY(settings_.number(pruned_job)));
    now.pruned_event = CCD_TRY(settings_.number(pruned_event));
    now.last_event = std::max(CCD_TRY(events_.last_seq()), now.pruned_event);
    now.last_environment = CCD_TRY(environments_.last_id());
    now.finished_by_state.assign(counts_.finished.begin(), counts_.finished.end());
    return now;
}

// After a failure the next one is due when the log has grown as much again.
Result<void> Database::checkpoint() {
    const int mode =
        log_frames_ > truncate_frames ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    if (sqlite3_wal_checkpoint_v2(connection_.get(), "main", mode, nullptr, nullptr) != SQLITE_OK) {
        note_failure();
        checkpoint_at_ = log_frames_ + options_.checkpoint_frames;
        return tl::unexpected{error_from(connection_.get())};
    }
    log_frames_ = 0;
    checkpoint_at_ = options_.checkpoint_frames;
    return {};
}

}  // namespace ccd::store
