#include "ctl/log_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "ctl/output.h"

namespace ccd::ctl {
namespace {

constexpr std::size_t chunk = 1 << 16;

tl::unexpected<Error> cannot_read(int code) {
    return failure(Errc::internal,
                   std::string{"the output of the job cannot be read: "} + ::strerrordesc_np(code));
}

// Fewer bytes than asked for only at the end of the file.
Result<std::size_t> read_at(int file, char* to, std::size_t size, off_t offset) {
    std::size_t done = 0;
    while (done < size) {
        auto got = ::pread(file, to + done, size - done, offset + static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot_read(errno);
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

// Where data (SEEK_DATA) or a hole (SEEK_HOLE) begins, from the offset on; the end of the file
// counts as a hole. A file system that knows no holes has none. The file's own offset stays as it
// was.
off_t seek(int file, off_t offset, int what) {
    auto before = ::lseek(file, 0, SEEK_CUR);
    auto found = ::lseek(file, offset, what);
    ::lseek(file, before, SEEK_SET);
    if (found >= 0) return found;
    struct stat status {};
    return ::fstat(file, &status) == 0 ? status.st_size : offset;
}

// The data that ends at `end`, and the hole before it.
struct Stretch {
    off_t hole = 0;
    off_t begin = 0;  // of the data
};

Stretch stretch_before(int file, off_t end) {
    Stretch last;
    for (auto hole = seek(file, 0, SEEK_HOLE); hole < end; hole = seek(file, last.begin, SEEK_HOLE))
        last = {.hole = hole, .begin = std::min(seek(file, hole, SEEK_DATA), end)};
    return last;
}

}  // namespace

Result<void> LogFile::seek_tail(std::uint64_t lines) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return cannot_read(errno);
    auto buffer = std::make_unique_for_overwrite<char[]>(chunk);
    offset_ = status.st_size;
    if (lines == 0) return {};
    // The line feed that ends the file ends its last line and begins none.
    auto end = status.st_size - 1;
    auto data = stretch_before(file_.get(), end);
    while (end > data.begin) {
        auto size = std::min<off_t>(end - data.begin, chunk);
        auto got =
            CCD_TRY(read_at(file_.get(), buffer.get(), static_cast<std::size_t>(size), end - size));
        for (auto i = static_cast<off_t>(got); i-- > 0;) {
            if (buffer[static_cast<std::size_t>(i)] != '\n' || --lines > 0) continue;
            offset_ = end - size + i + 1;
            return {};
        }
        end -= size;
    }
    // So many lines are not there in a row: from the hole on, or from the beginning.
    offset_ = data.hole;
    return {};
}

// The daemon may make a hole while we read. So first a part is read, and then seen how much of it
// was no hole yet.
Result<void> LogFile::copy_to(int descriptor) {
    auto buffer = std::make_unique_for_overwrite<char[]>(chunk);
    for (;;) {
        auto got = CCD_TRY(read_at(file_.get(), buffer.get(), chunk, offset_));
        if (got == 0) return {};
        auto data = seek(file_.get(), offset_, SEEK_HOLE) - offset_;
        auto size = std::min(got, static_cast<std::size_t>(std::max<off_t>(data, 0)));
        if (size == 0) {
            CCD_TRY(skip_hole(descriptor));
            continue;
        }
        CCD_TRY(write_all(descriptor, {buffer.get(), size}));
        is_in_line_ = buffer[size - 1] != '\n';
        offset_ += static_cast<off_t>(size);
        if (got < chunk && size == got) return {};
    }
}

Result<void> LogFile::skip_hole(int descriptor) {
    auto end = std::max(seek(file_.get(), offset_, SEEK_DATA), offset_ + 1);
    std::string marker = is_in_line_ ? "\n" : "";
    marker += "[... " + std::to_string(end - offset_) + " bytes left out ...]\n";
    offset_ = end;
    is_in_line_ = false;
    return write_all(descriptor, marker);
}

}  // namespace ccd::ctl
