// How many jobs there are on record, without counting them.
//
// The finished ones of each state are kept in a row that changes in the transaction that finishes
// a job; the unfinished ones are few and counted at opening.
//
// Owner: the Database. Store thread only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "daemon/store/statement.h"

namespace ccd::store {

// A value: what a transaction has counted is dropped with it.
struct Counts {
    std::array<std::uint64_t, job::state_table.size()> finished{};  // by job::State
    std::uint64_t unfinished = 0;

    std::uint64_t total() const;
    void add(job::State state);
    void remove(job::State state);

    bool operator==(const Counts&) const = default;
};

class Tally {
public:
    // Prepared before it is used.
    Tally() = default;

    static Result<Tally> prepare(sqlite3* connection);

    // Fills in the finished ones.
    Result<void> read(Counts& counts);

    // Writes what differs from `before`.
    Result<void> write(const Counts& before, const Counts& now);

private:
    Statement read_;
    Statement write_;
};

}  // namespace ccd::store
