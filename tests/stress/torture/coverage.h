// Which transitions of jobs a daemon was caught at, just before and just after their commit.
//
// The rows are those of daemon/service/transitions.h. What is wanted is a text with a digit for
// each row and moment, 1 for wanted: it reaches the daemon by its environment (see trap.cpp).
//
// Values. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/job.h"
#include "daemon/service/transitions.h"

namespace ccd::stress {

enum class Moment : std::uint8_t { before, after };

// The event of a transition at whose commit the daemon was killed.
struct Caught {
    Moment moment = Moment::before;
    std::uint64_t seq = 0;
    std::int64_t time = 0;  // milliseconds
    job::Id job = 0;
    std::optional<job::State> from;
    std::optional<job::State> to;
    bool operator==(const Caught&) const = default;
};

// A column of the table of events, from 1, as it is bound.
void set_column(Caught& caught, int column, std::int64_t value);

// A line of its own, with its line feed, and back. Nothing for what is no such line.
std::string to_line(const Caught& caught);
std::optional<Caught> parse_caught(std::string_view line);

bool is_wanted(std::string_view wanted, const Caught& caught);

class Coverage {
public:
    static constexpr std::size_t rows = service::transitions.size();

    // Counts it. Nothing that is not in the table is counted.
    void add(const Caught& caught);

    // Everything that was not caught so far.
    std::string wanted() const;
    bool is_wanted(job::State from, job::State to) const;
    // Nothing but this.
    static std::string only(Moment moment, job::State from, job::State to);

    // Of 2 * rows.
    std::size_t covered() const;
    bool is_full() const { return covered() == 2 * rows; }

    // A line for each row: how often it was caught at each moment, and how often it came to pass.
    std::string to_table(const std::vector<job::Event>& events) const;
    // The rows that were never caught at one of the moments; empty: there is none.
    std::string missing() const;

private:
    std::array<std::array<std::uint32_t, 2>, rows> times_{};
};

// A sentence where the events on record say otherwise than what was caught: one that was caught
// after its commit is on record, one that was caught before is not. `events` are all there are, in
// their order from 1.
std::optional<std::string> contradiction(const Caught& caught,
                                         const std::vector<job::Event>& events);

}  // namespace ccd::stress
