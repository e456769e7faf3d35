// What a check has found: a list that is bounded, and its length, which is not.
//
// A value. Owner: the Check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ccd/admin.h"

namespace ccd::service {

enum class Repair : std::uint8_t { no, yes };

class Findings {
public:
    // So many are listed; the rest are counted.
    static constexpr std::size_t limit = 1'000;

    explicit Findings(Repair repair = Repair::no) : repair_(repair) {}

    // What can be put right safely is to be.
    bool is_repairing() const { return repair_ == Repair::yes; }

    void add(std::string part, std::string subject, std::string detail, bool is_repaired = false) {
        ++found_;
        if (is_repaired) ++repaired_;
        if (list_.size() < limit)
            list_.push_back({.part = std::move(part),
                             .subject = std::move(subject),
                             .detail = std::move(detail),
                             .repaired = is_repaired});
    }

    const std::vector<admin::Finding>& list() const { return list_; }
    std::uint64_t found() const { return found_; }
    std::uint64_t repaired() const { return repaired_; }

private:
    Repair repair_;
    std::vector<admin::Finding> list_;
    std::uint64_t found_ = 0;
    std::uint64_t repaired_ = 0;
};

}  // namespace ccd::service
