#include "ctl/lines.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

constexpr std::size_t chunk = 1 << 16;

tl::unexpected<Error> cannot_read(std::string_view what, int code) {
    return failure(Errc::bad_request,
                   std::string{what} + " cannot be read: " + ::strerrordesc_np(code));
}

}  // namespace

Result<Lines> Lines::open(const std::string& path, std::size_t longest) {
    bool is_input = path == "-";
    UniqueFd file{is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                           : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    auto what = is_input ? std::string{"the standard input"} : text::quote(path);
    if (!file) return cannot_read(what, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
        return cannot_read(what, EISDIR);
    return Lines{std::move(file), longest};
}

Lines::Lines(UniqueFd file, std::size_t longest) : file_(std::move(file)), longest_(longest) {
    struct stat status {};
    if (::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode))
        size_ = static_cast<std::uint64_t>(status.st_size);
}

Result<std::optional<Line>> Lines::next() {
    for (;;) {
        auto feed = buffer_.find('\n', scanned_);
        auto end = feed == buffer_.npos ? buffer_.size() : feed;
        bool is_whole = feed != buffer_.npos || is_at_end_;
        if (is_whole && feed == buffer_.npos && begin_ == end && !is_skipping_)
            return std::optional<Line>{};
        auto length = end - begin_;
        if (is_whole) {
            Line line{.number = ++number_,
                      .text = std::string_view{buffer_}.substr(begin_, length),
                      .is_too_long = std::exchange(is_skipping_, false) || length > longest_};
            if (line.is_too_long) line.text = {};
            begin_ = scanned_ = std::min(end + 1, buffer_.size());
            return std::optional{line};
        }
        if (length > longest_) {
            is_skipping_ = true;
            begin_ = end;
        }
        scanned_ = end;
        is_at_end_ = !CCD_TRY(read_more());
    }
}

// False: there is no more.
Result<bool> Lines::read_more() {
    buffer_.erase(0, begin_);
    scanned_ -= std::exchange(begin_, 0);
    auto had = buffer_.size();
    buffer_.resize(had + chunk);
    ssize_t got = 0;
    do {
        got = ::read(file_.get(), buffer_.data() + had, chunk);
    } while (got < 0 && errno == EINTR);
    auto code = errno;
    buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return cannot_read("the file", code);
    read_ += static_cast<std::uint64_t>(got);
    return got > 0;
}

bool Lines::is_ready() const {
    if (is_at_end_ || buffer_.find('\n', begin_) != buffer_.npos) return true;
    pollfd entry{.fd = file_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) > 0;
}

std::optional<double> Lines::share() const {
    if (size_ == 0) return std::nullopt;
    auto given = read_ - (buffer_.size() - begin_);
    return std::min(1.0, static_cast<double>(given) / static_cast<double>(size_));
}

}  // namespace ccd::ctl
