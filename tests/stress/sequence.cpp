#include "tests/stress/sequence.h"

namespace ccd::stress {

std::optional<std::string> Sequence::observe(const job::Event& event) {
    if (event.gap) {
        ++gaps_;
        last_ = event.seq;
        return std::nullopt;
    }
    auto before = last_;
    // A heartbeat repeats the number of the last event that was given.
    if (!event.job && event.seq == before) return std::nullopt;
    if (event.seq > last_) last_ = event.seq;
    if (!event.job || event.seq != before + 1)
        return (event.job ? "event " : "a heartbeat of ") + std::to_string(event.seq) +
               " came after " + std::to_string(before);
    ++events_;
    for (auto part : {event.seq, *event.job, std::uint64_t{event.attempt.value_or(0)},
                      event.from ? std::uint64_t{1} + static_cast<std::uint64_t>(*event.from) : 0,
                      event.to ? std::uint64_t{1} + static_cast<std::uint64_t>(*event.to) : 0})
        digest_ = (digest_ ^ part) * 0x100000001b3;
    return std::nullopt;
}

}  // namespace ccd::stress
