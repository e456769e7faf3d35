// The one connection to the one database file.
//
// What it promises: a commit is whole or not at all, and once it has succeeded it survives a power
// cut. SQLite before 3.51.3 can lose transactions where a second connection exists, so nobody else
// opens the file, and StateLock is held.
//
// Checkpoints are ours to make, after a commit or when there is nothing to do, so that none of
// them stands between a commit and its acknowledgement. The log keeps its length when it starts
// over: writing over a block syncs twice as fast as adding one.
//
// Owner: the Store. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "ccd/result.h"
#include "daemon/store/batch.h"
#include "daemon/store/connection.h"
#include "daemon/store/copy.h"
#include "daemon/store/environments.h"
#include "daemon/store/events.h"
#include "daemon/store/jobs.h"
#include "daemon/store/queues.h"
#include "daemon/store/settings.h"
#include "daemon/store/statement.h"
#include "daemon/store/tally.h"

namespace ccd::store {

class Database {
public:
    struct Options {
        std::string path;
        std::string vfs;                         // empty: SQLite's own
        std::uint32_t checkpoint_frames = 1024;  // pages in the log before a checkpoint is due
        std::uint32_t row_budget = 10'000;       // that one question may look at
        // Called now and then in what takes long where nothing hangs: a commit of many rows, an
        // answer with many jobs.
        std::function<void()> on_progress;
    };

    // Creates, recovers or migrates it as need be. What can be read afterwards is on the disk: an
    // interrupted commit is not shown before it is durable. Refuses what is not ours, a damaged
    // header and a newer schema, and leaves such a file alone.
    static Result<std::unique_ptr<Database>> open(Options options);

    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    // Copies the log into the database and removes it, unless a sync had failed.
    ~Database();

    // All batches in one transaction, or none. `storage_unavailable`: the disk; may succeed when
    // tried again. Any other error is the fault of what stands in a batch.
    Result<void> commit(std::span<const Batch> batches);

    Result<Answer> answer(const Query& query);
    Result<Snapshot> snapshot();

    Result<void> checkpoint();
    bool is_checkpoint_due() const { return log_frames_ >= checkpoint_at_; }
    Bytes log_size() const { return Bytes{std::uint64_t{log_frames_} * page_size}; }

    // A sync has failed: nothing may be committed or copied any more. Only opening it again, which
    // writes the log anew, tells what is on the disk.
    bool is_sync_lost() const { return is_sync_lost_; }

private:
    Database(Options options, Connection connection)
        : options_(std::move(options)), connection_(std::move(connection)) {}

    Result<void> prepare();

    Result<void> apply(std::span<const Batch> batches);
    Result<void> apply(const JobRow& job);
    Result<void> apply(const ProgressWrite& write);
    Result<void> apply(const JobEdit& edit);
    Result<void> apply(const EnvironmentRow& environment);
    Result<void> apply(const EnvironmentErase& erase);
    Result<void> apply(const job::Event& event);
    Result<void> apply(const SettingWrite& setting);
    Result<void> apply(const QueueRow& queue);
    Result<void> apply(const QueueErase& erase);
    Result<void> apply(const Prune& prune);
    void roll_back();

    Result<Answer> find(const UnfinishedJobs& query);
    Result<Answer> find(const JobsById& query);
    Result<Answer> find(const JobPage& query);
    Result<Answer> find(const EventPage& query);
    Result<Answer> find(const Expired& query);
    Result<Answer> find(const Census& query);
    Result<Answer> find(const CopyStep& step);

    // Looks at the latest error of the connection.
    void note_failure();

    Options options_;
    Connection connection_;  // before all statements, which must go first
    Statement begin_;
    Statement commit_;
    Jobs jobs_;
    Events events_;
    Environments environments_;
    Settings settings_;
    Queues queues_;
    Tally tally_;
    Counts counts_;
    std::unique_ptr<Copy> being_copied_;
    std::uint32_t log_frames_ = 0;  // committed and not yet copied into the database
    std::uint32_t checkpoint_at_ = 0;
    bool is_sync_lost_ = false;
};

}  // namespace ccd::store
