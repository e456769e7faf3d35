// The store thread: takes batches and questions, gives back what became of them.
//
// All batches that wait are committed in one transaction, so the more there are the less each one
// costs. Questions are answered one at a time between two transactions; an answer shows every
// batch that was sent before it was asked.
//
//   closed --reopen--> open --a batch is given up--> down --reopen--> open
//
// A commit that fails is tried again, `retry_attempts` times; then its batches fail and the store
// is down. A failed sync is never tried again: what the disk holds is then known only after
// opening anew. While closed or down every batch fails. A batch is saved only if it was sent after
// `take_completions` gave out the Reopened, so a change that was made in memory of before the
// reload never reaches the disk.
//
// The store knows nothing of rules, clients and the loop; its time is the caller's clock.
//
// Owner: the daemon, on the loop thread, which alone calls the functions below. None of them
// blocks, except the destructor.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/store/batch.h"
#include "daemon/store/database.h"
#include "daemon/store/statistics.h"

namespace ccd::store {

using OnAnswer = std::function<void(Result<Answer>)>;
using OnReopened = std::function<void(Result<Snapshot>)>;

// One for each batch, in the order they were sent. A batch that was never tried is certain not to
// be on the disk (`confirmed`); one whose commit failed may be, until the store is open again.
struct BatchEnded {
    BatchId id = 0;
    Result<void> saved;
};
struct Answered {
    OnAnswer on_answer;  // to be called with the answer
    Result<Answer> answer;
};
struct Reopened {
    OnReopened on_done;  // to be called with the snapshot
    Result<Snapshot> snapshot;
};
using Completion = std::variant<BatchEnded, Answered, Reopened>;

class Store {
public:
    struct Options {
        Database::Options database;
        std::uint32_t retry_attempts = 3;  // after the first
        Millis retry_delay{2'000};
        Millis idle_delay{1'000};  // without work, before the log is copied into the database
        Time (*clock)() = nullptr;
    };

    // Begins closed. `on_wake` is called on the store thread when there is something to take.
    Store(Options options, std::function<void()> on_wake);
    // Commits what waits, without trying twice, and closes the database.
    ~Store();

    BatchId send(Batch batch);
    void ask(Query query, OnAnswer on_answer);

    // Closes the database if it is open, and opens it.
    // REQUIRES: no other reopening is under way.
    void reopen(OnReopened on_done);

    // What has ended since the last call, in order.
    std::vector<Completion> take_completions();

    Statistics statistics() const { return counters_.read(); }

private:
    static constexpr BatchId no_batch = std::numeric_limits<BatchId>::max();
    static constexpr Micros gather_limit{2'000};

    struct Question {
        Query query;
        OnAnswer on_answer;
    };

    // What the thread does next.
    struct Round {
        BatchId first = 0;
        std::vector<Batch> batches;  // numbered from `first`
        BatchId accepted_from = 0;
        std::optional<OnReopened> reopen;
        std::optional<Question> question;
        bool is_idle = false;  // nothing to do for idle_delay
    };

    void work();
    // None: stopped, and nothing is left.
    std::optional<Round> next_round();
    bool has_work() const;
    void gather(std::unique_lock<std::mutex>& lock);
    bool has_log_to_copy() const;

    void save(const Round& round);
    void save_one_by_one(BatchId first, std::span<const Batch> batches);
    Result<void> commit(std::span<const Batch> batches);
    Result<void> commit_once(std::span<const Batch> batches);
    // False: stopped meanwhile.
    bool wait_to_retry();
    void refuse(BatchId first, std::size_t count);
    void end(BatchId first, std::size_t count, const Result<void>& saved);

    void close_gate();
    void go_down();
    Result<Snapshot> open_again();
    Result<Answer> find_answer(const Query& query);
    void copy_log();
    void complete(Completion completion);

    const Options options_;
    const std::function<void()> on_wake_;
    Counters counters_;

    // Guarded by `mutex_`: what passes between the threads.
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Batch> batches_;
    std::size_t waiting_rows_ = 0;  // of batches_
    BatchId next_id_ = 1;           // of the next batch sent
    BatchId accepted_from_ = no_batch;
    std::deque<Question> questions_;
    std::optional<OnReopened> reopen_;
    std::vector<Completion> completions_;
    bool is_stopping_ = false;

    // The store thread's own.
    std::unique_ptr<Database> database_;
    bool is_down_ = true;
    bool is_log_seen_to_ = true;  // since the last commit
    std::size_t last_rows_ = 0;   // of the last commit, and of the one before it
    std::size_t rows_before_ = 0;
    Micros last_duration_{};

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace ccd::store
