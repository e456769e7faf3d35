// What one subscriber is told: every event once and in order, or that some are missing.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ccd/job.h"

namespace ccd::stress {

class Sequence {
public:
    // All events after this one are expected.
    explicit Sequence(std::uint64_t since) : last_(since) {}

    // Takes the next item; a sentence if an event was left out, came twice, or came late. A gap is
    // taken at its word: what comes behind it must be in order again.
    std::optional<std::string> observe(const job::Event& event);

    std::uint64_t last() const { return last_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t gaps() const { return gaps_; }
    // The same for two that were told the same.
    std::uint64_t digest() const { return digest_; }

private:
    std::uint64_t last_;
    std::uint64_t events_ = 0;
    std::uint64_t gaps_ = 0;
    std::uint64_t digest_ = 0;
};

}  // namespace ccd::stress
