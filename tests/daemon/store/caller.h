// Stands where the loop stands: sends, asks and waits for what the store has ended.
//
// `hold` keeps the store thread inside its next wake-up, so that work piles up behind it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon/store/store.h"

namespace ccd::store {

class Caller {
public:
    explicit Caller(Store::Options options);
    ~Caller();

    Store& store() { return *store_; }

    void hold();
    // Waits until the store thread stands in its wake-up.
    void wait_until_held();
    void let_go();

    // The next that the store has ended, in order.
    Completion next();

    Result<void> save(Batch batch);
    Result<Answer> ask(Query query);
    Result<Snapshot> reopen();
    // The next completion, which must be of a batch.
    BatchEnded next_batch();

    // Ends the store without taking anything.
    void stop() { store_.reset(); }

private:
    void on_wake();

    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_awake_ = false;
    bool is_holding_ = false;
    bool is_held_ = false;
    std::vector<Completion> taken_;  // the last is the next
    std::optional<Store> store_;
};

// Reads the clock.
Time clock_for_tests();

}  // namespace ccd::store
