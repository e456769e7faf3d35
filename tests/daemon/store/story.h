// A story of commits that a fault may cut short, and what must be true afterwards.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/store/batch.h"

namespace ccd::store {

// The n-th batch: job n is submitted with its event, and the job before it ends.
Batch chapter(std::uint64_t n);

// Each chapter is there whole or not at all, in order from the first, and at least as many as were
// acknowledged; the counts agree with the rows. Gives how many there are.
std::uint64_t check_story(const std::string& path, const std::string& vfs,
                          std::uint64_t acknowledged);

// What SQLite itself finds wrong with the closed database; "ok" is nothing.
std::string integrity(const std::string& path);

}  // namespace ccd::store
