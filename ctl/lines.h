// The lines of a file or of standard input, one at a time: the file is never held.
//
// A line that is longer than the limit is passed over and only told of. A line without its line
// feed at the end of the file counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::ctl {

struct Line {
    std::uint64_t number = 0;  // from 1
    std::string_view text;     // without its line feed; good until the next call
    bool is_too_long = false;  // then there is no text
};

class Lines {
public:
    static constexpr std::size_t limit = 1 << 20;

    // `-` is standard input. `longest`: bytes of a line.
    static Result<Lines> open(const std::string& path, std::size_t longest = limit);
    explicit Lines(UniqueFd file, std::size_t longest = limit);

    // None: the end.
    Result<std::optional<Line>> next();

    bool is_at_end() const { return is_at_end_ && begin_ == buffer_.size(); }

    // Whether `next` has something without waiting for who writes.
    bool is_ready() const;

    // How much of it has been read, from 0 to 1; none where nobody knows how long it is.
    std::optional<double> share() const;

private:
    Result<bool> read_more();

    UniqueFd file_;
    std::size_t longest_;
    std::uint64_t size_ = 0;  // of a regular file
    std::uint64_t read_ = 0;
    std::string buffer_;
    std::size_t begin_ = 0;    // of what was not given yet
    std::size_t scanned_ = 0;  // up to here there is no line feed
    std::uint64_t number_ = 0;
    bool is_at_end_ = false;
    bool is_skipping_ = false;
};

}  // namespace ccd::ctl
