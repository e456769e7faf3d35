// A file for `ccctl batch`: lines that are jobs, which wait, and lines that are broken.
//
// Thread: any; it does not change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ccd/result.h"

namespace ccd::stress {

class BatchFile {
public:
    // So many lines, of which every `broken_every`-th is broken in one way or another; 0: none.
    // `mark` is the tag of its jobs, by which they are found again.
    BatchFile(std::size_t lines, std::size_t broken_every, std::string mark);

    const std::string& mark() const { return mark_; }
    std::size_t size() const { return lines_.size(); }
    std::size_t good() const { return good_among(size()); }
    // Among the first `count` lines.
    std::size_t good_among(std::size_t count) const;
    // Numbers of lines, from 1.
    const std::vector<std::uint64_t>& broken() const { return broken_; }

    std::string beginning(std::size_t lines) const;
    Result<void> write(const std::string& path) const;

    // The number of the line that a job with this command was; 0: it is of no such file.
    static std::size_t line_of(const std::vector<std::string>& argv);

private:
    std::string mark_;
    std::vector<std::string> lines_;
    std::vector<std::uint64_t> broken_;
};

}  // namespace ccd::stress
