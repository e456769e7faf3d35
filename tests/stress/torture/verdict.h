// Holds against each other what clients were told, what jobs wrote down and what ccd has on record.
//
// The promises: an acknowledged job is on record, once, and has ended; no attempt ran twice, and
// none that is said never to have begun; its state and exit code are what they must be; events have
// no gap and follow the table of transitions.
//
// Pure: the tests plant each fault and see it found.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ccd/job.h"
#include "tests/stress/torture/ledger.h"
#include "tests/stress/torture/witness.h"

namespace ccd::stress {

struct Evidence {
    std::vector<Ledger> ledgers;
    std::vector<Line> lines;
    std::vector<job::View> jobs;     // all that are on record
    std::vector<job::Event> events;  // all, from the first
    // Whose shim was killed by us: then nobody can know how they ended.
    std::set<std::pair<job::Id, std::uint32_t>> slain;
};

// How often each promise was broken, and the first sentences about it.
struct Verdict {
    static constexpr std::size_t sentences = 10;

    std::uint64_t acknowledged = 0;  // jobs
    std::uint64_t attempts = 0;      // that have run
    std::uint64_t events = 0;

    std::uint64_t lost = 0;      // acknowledged, and not on record, or not ended
    std::uint64_t twice = 0;     // on record, or run, more often than asked for
    std::uint64_t wrong = 0;     // state or exit code
    std::uint64_t disorder = 0;  // of events
    std::vector<std::string> first;

    bool is_good() const { return lost + twice + wrong + disorder == 0; }
};

Verdict judge(const Evidence& evidence);

}  // namespace ccd::stress
