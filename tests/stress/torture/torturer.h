// A client of the torture run: submits jobs of all kinds, changes them, waits for them, and keeps a
// ledger of what it was told.
//
// The daemon may go at any moment. What was not answered is left open, and only a submit with a key
// is asked for again.
//
// Thread: `run` in one of its own; the rest when that has ended.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <string>

#include "lib/client/client.h"
#include "tests/stress/report.h"
#include "tests/stress/torture/ledger.h"
#include "tests/stress/torture/weather.h"

namespace ccd::stress {

class Torturer {
public:
    struct Setup {
        std::string socket;
        std::string directory;  // for what its jobs write
        std::size_t number = 0;
        std::uint64_t seed = 0;
    };

    Torturer(Setup setup, Weather& weather);

    // Until it is over.
    void run();
    // Asks again for what was not answered, and lets go of what is held. REQUIRES: nobody kills the
    // daemon any more.
    Result<void> settle();

    const Ledger& ledger() const { return ledger_; }
    std::string witness_file() const;
    const Tally& tally() const { return tally_; }

private:
    // Jobs that are not known to have ended, at most; then it waits for some of them.
    static constexpr std::size_t unfinished_limit = 40;

    bool chance(unsigned percent);
    std::uint64_t below(std::uint64_t limit);
    job::Id one_of(const std::deque<job::Id>& jobs);

    void step();
    void submit();
    job::SubmitRequest new_request(Entry& entry);
    void wait_for(Entry& entry, job::SubmitRequest& request);
    void ask_for(Entry& entry, const job::SubmitRequest& request);
    void cancel();
    void cancel_waiting();
    void set_priority();
    void retry();
    void look();
    void wait_for_some();

    // An answer, or an error; one that leaves open what became of it has `confirmed` false. With
    // the daemon gone it waits for the next.
    template <client::Once Command>
    Result<typename Command::Reply> call(const typename Command::Request& request);
    // What came of it the record will tell.
    template <client::Once Command>
    void try_to(const typename Command::Request& request) {
        static_cast<void>(call<Command>(request));
    }
    Result<void> connect();
    void note_ended(const job::View& view);
    Entry* entry_of(job::Id job);

    Setup setup_;
    Weather& weather_;
    std::mt19937_64 random_;
    std::optional<client::Client> client_;
    std::uint64_t starts_seen_ = 0;
    Ledger ledger_;
    std::vector<std::pair<std::size_t, job::SubmitRequest>> open_;  // with a key, by entry
    std::deque<job::Id> unfinished_;                                // as far as is known
    std::deque<job::Id> ended_;                                     // some of those that have
    std::size_t entries_ = 0;
    Tally tally_;
};

}  // namespace ccd::stress
