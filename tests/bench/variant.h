// What can be measured: every case with its variants, and the peers of each.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "tests/bench/contest.h"
#include "tests/harness/statistics.h"

namespace ccd::bench {

// What holds for all cases of one call.
struct Setting {
    harness::Nanos run{1'000'000'000};  // how long one run takes
    std::vector<std::string> against;   // only these peers; empty: all
};

// The name of ours among contestants.
inline constexpr std::string_view ourselves = "ccd";

struct Variant;
using Maker = Result<std::unique_ptr<Contestant>> (*)(const Variant& variant, std::string_view who,
                                                      const Setting& setting);

struct Variant {
    std::string_view case_name;
    std::string_view name;
    std::span<const std::string_view> peers;
    Maker make;                         // of the contestants; null: of none
    Result<void> (*check)() = nullptr;  // refuses, with the reason, where it cannot be measured
    std::size_t connections = 1;
    std::size_t depth = 1;
    std::size_t rounds = 5;
    bool is_durable = false;     // measured on a disk, whose sync rate is told
    std::string_view unit = {};  // of Measurement::value
    std::string_view note = {};  // for standard error: how it is measured, or why it is not

    std::string full_name() const { return std::string{case_name} + "/" + std::string{name}; }
};

std::span<const Variant> variants();

// By "CASE" or "CASE/VARIANT". Refuses an unknown name with the list of all.
Result<std::vector<const Variant*>> find_variants(const std::vector<std::string>& names);
// Refuses an unknown peer with the list of all.
Result<void> check_peers(const std::vector<std::string>& names);

}  // namespace ccd::bench
