#include "daemon/store/store.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <string>
#include <utility>

namespace ccd::store {
namespace {

Error refusal() {
    return Error{.code = Errc::storage_unavailable,
                 .message = "the disk does not take what ccd has to keep: nothing was changed"};
}

std::uint64_t count_rows(std::span<const Batch> batches) {
    std::uint64_t rows = 0;
    for (const Batch& batch : batches) rows += batch.writes.size();
    return rows;
}

// Marks the thread as at the disk.
class Busy {
public:
    Busy(Counters& counters, Time since) : counters_(counters) { counters_.set_busy_since(since); }
    ~Busy() { counters_.set_busy_since(std::nullopt); }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

private:
    Counters& counters_;
};

}  // namespace

Store::Store(Options options, std::function<void()> on_wake)
    : options_(std::move(options)), on_wake_(std::move(on_wake)), thread_([this] { work(); }) {
    assert(options_.clock != nullptr);
}

Store::~Store() {
    {
        const std::scoped_lock lock{mutex_};
        is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

BatchId Store::send(Batch batch) {
    BatchId id = 0;
    {
        const std::scoped_lock lock{mutex_};
        waiting_rows_ += batch.writes.size();
        batches_.push_back(std::move(batch));
        id = next_id_++;
    }
    counters_.sent();
    changed_.notify_one();
    return id;
}

void Store::ask(Query query, OnAnswer on_answer) {
    {
        const std::scoped_lock lock{mutex_};
        questions_.push_back(Question{std::move(query), std::move(on_answer)});
    }
    changed_.notify_one();
}

void Store::reopen(OnReopened on_done) {
    {
        const std::scoped_lock lock{mutex_};
        assert(!reopen_);
        reopen_ = std::move(on_done);
    }
    changed_.notify_one();
}

std::vector<Completion> Store::take_completions() {
    const std::scoped_lock lock{mutex_};
    for (const Completion& completion : completions_) {
        const auto* reopened = std::get_if<Reopened>(&completion);
        if (reopened != nullptr && reopened->snapshot) accepted_from_ = next_id_;
    }
    return std::exchange(completions_, {});
}

void Store::work() {
    while (std::optional<Round> round = next_round()) {
        save(*round);
        if (round->reopen) complete(Reopened{std::move(*round->reopen), open_again()});
        if (round->question) {
            Result<Answer> answer = find_answer(round->question->query);
            complete(Answered{std::move(round->question->on_answer), std::move(answer)});
        }
        if (has_log_to_copy() && (round->is_idle || database_->is_checkpoint_due())) copy_log();
    }
    database_.reset();
}

bool Store::has_work() const {
    if (is_stopping_) return !batches_.empty();
    return !batches_.empty() || reopen_ || !questions_.empty();
}

bool Store::has_log_to_copy() const {
    return !is_down_ && !is_log_seen_to_;
}

std::optional<Store::Round> Store::next_round() {
    std::unique_lock lock{mutex_};
    const auto is_called = [this] { return has_work() || is_stopping_; };
    if (!has_log_to_copy()) {
        changed_.wait(lock, is_called);
    } else if (!changed_.wait_for(lock, options_.idle_delay, is_called)) {
        return Round{.is_idle = true};
    }
    if (!has_work()) return std::nullopt;
    gather(lock);

    Round round{.first = next_id_ - batches_.size(),
                .batches = std::exchange(batches_, {}),
                .accepted_from = accepted_from_,
                .reopen = std::exchange(reopen_, std::nullopt)};
    waiting_rows_ = 0;
    if (!questions_.empty()) {
        round.question = std::move(questions_.front());
        questions_.pop_front();
    }
    return round;
}

// Those who were in the last commit were answered together, and come again together. The first of
// them would start a commit alone and make the rest wait for the next one, so it waits for them: at
// most half as long as a commit takes, and not at all where commits were of this size anyway.
void Store::gather(std::unique_lock<std::mutex>& lock) {
    if (batches_.empty() || is_stopping_) return;
    const std::size_t expected = std::max(last_rows_, rows_before_);
    const Micros patience = std::min(last_duration_ / 2, gather_limit);
    changed_.wait_for(lock, patience, [&] {
        return waiting_rows_ >= expected || is_stopping_ || reopen_ || !questions_.empty();
    });
}

void Store::save(const Round& round) {
    const std::size_t count = round.batches.size();
    const std::size_t refused =
        is_down_ || round.accepted_from == no_batch
            ? count
            : std::min(count, round.accepted_from - std::min(round.first, round.accepted_from));
    refuse(round.first, refused);
    if (refused == count) return;

    const BatchId first = round.first + refused;
    const std::span<const Batch> batches = std::span{round.batches}.subspan(refused);
    const Result<void> saved = commit(batches);
    // The disk is well, but one batch is impossible: the others have a right to be saved.
    if (!saved && saved.error().code != Errc::storage_unavailable && batches.size() > 1) {
        save_one_by_one(first, batches);
    } else {
        if (!saved) go_down();
        end(first, batches.size(), saved);
    }
}

void Store::save_one_by_one(BatchId first, std::span<const Batch> batches) {
    for (std::size_t i = 0; i < batches.size() && !is_down_; ++i) {
        const Result<void> saved = commit(batches.subspan(i, 1));
        if (!saved) go_down();
        end(first + i, 1, saved);
        if (is_down_) refuse(first + i + 1, batches.size() - i - 1);
    }
}

Result<void> Store::commit(std::span<const Batch> batches) {
    for (std::uint32_t retries = 0;; ++retries) {
        Result<void> saved = commit_once(batches);
        if (saved || saved.error().code != Errc::storage_unavailable) return saved;
        saved.error().confirmed = false;
        if (database_->is_sync_lost() || retries == options_.retry_attempts) return saved;
        if (!wait_to_retry()) return saved;
        counters_.retried();
    }
}

Result<void> Store::commit_once(std::span<const Batch> batches) {
    const Time begun = options_.clock();
    const Busy busy{counters_, begun};
    CCD_TRY(database_->commit(batches));
    rows_before_ = std::exchange(last_rows_, count_rows(batches));
    last_duration_ = options_.clock() - begun;
    counters_.committed(batches.size(), last_rows_, last_duration_);
    counters_.set_log_size(database_->log_size());
    is_log_seen_to_ = false;
    return {};
}

bool Store::wait_to_retry() {
    counters_.set_between_tries(true);
    std::unique_lock lock{mutex_};
    const bool is_over =
        changed_.wait_for(lock, options_.retry_delay, [this] { return is_stopping_; });
    counters_.set_between_tries(false);
    return !is_over;
}

void Store::refuse(BatchId first, std::size_t count) {
    end(first, count, tl::unexpected{refusal()});
}

void Store::end(BatchId first, std::size_t count, const Result<void>& saved) {
    if (count == 0) return;
    counters_.ended(count);
    bool was_empty = false;
    {
        const std::scoped_lock lock{mutex_};
        was_empty = completions_.empty();
        for (std::size_t i = 0; i < count; ++i) {
            completions_.emplace_back(BatchEnded{first + i, saved});
        }
    }
    if (was_empty) on_wake_();
}

void Store::complete(Completion completion) {
    bool was_empty = false;
    {
        const std::scoped_lock lock{mutex_};
        was_empty = completions_.empty();
        completions_.push_back(std::move(completion));
    }
    if (was_empty) on_wake_();
}

// From now on no batch is accepted, until the loop has taken the news of a reopening.
void Store::close_gate() {
    is_down_ = true;
    counters_.set_open(false);
    const std::scoped_lock lock{mutex_};
    accepted_from_ = no_batch;
}

void Store::go_down() {
    counters_.gave_up();
    close_gate();
}

Result<Snapshot> Store::open_again() {
    close_gate();
    // Each step alone: together they may take long where there is much.
    {
        const Busy busy{counters_, options_.clock()};
        database_.reset();
    }
    {
        const Busy busy{counters_, options_.clock()};
        Database::Options options = options_.database;
        options.on_progress = [this] { counters_.set_busy_since(options_.clock()); };
        database_ = CCD_TRY(Database::open(std::move(options)));
    }
    const Busy busy{counters_, options_.clock()};
    Snapshot snapshot = CCD_TRY(database_->snapshot());
    is_down_ = false;
    is_log_seen_to_ = true;
    counters_.set_open(true);
    counters_.set_log_size(database_->log_size());
    return snapshot;
}

Result<Answer> Store::find_answer(const Query& query) {
    if (!database_) {
        return failure(Errc::storage_unavailable, "the database is not open: ask again later");
    }
    const Busy busy{counters_, options_.clock()};
    return database_->answer(query);
}

// A failure is survived: what was committed stays in the log, which grows until a later one
// succeeds. Not so a lost sync.
void Store::copy_log() {
    const Busy busy{counters_, options_.clock()};
    is_log_seen_to_ = true;
    const Result<void> copied = database_->checkpoint();
    counters_.checkpointed(copied.has_value());
    counters_.set_log_size(database_->log_size());
    if (database_->is_sync_lost()) go_down();
}

}  // namespace ccd::store
