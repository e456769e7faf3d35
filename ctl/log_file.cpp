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

}  // namespace

Result<void> LogFile::seek_tail(std::uint64_t lines) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return cannot_read(errno);
    auto buffer = std::make_unique_for_overwrite<char[]>(chunk);
    offset_ = status.st_size;
    if (lines == 0) return {};
    // The line feed that ends the file ends its last line and begins none.
    auto end = status.st_size - 1;
    while (end > 0) {
        auto size = std::min<off_t>(end, chunk);
        auto got =
            CCD_TRY(read_at(file_.get(), buffer.get(), static_cast<std::size_t>(size), end - size));
        for (auto i = static_cast<off_t>(got); i-- > 0;) {
            if (buffer[static_cast<std::size_t>(i)] != '\n' || --lines > 0) continue;
            offset_ = end - size + i + 1;
            return {};
        }
        end -= size;
    }
    offset_ = 0;
    return {};
}

Result<void> LogFile::copy_to(int descriptor) {
    auto buffer = std::make_unique_for_overwrite<char[]>(chunk);
    for (;;) {
        auto got = CCD_TRY(read_at(file_.get(), buffer.get(), chunk, offset_));
        CCD_TRY(write_all(descriptor, {buffer.get(), got}));
        offset_ += static_cast<off_t>(got);
        if (got < chunk) return {};
    }
}

}  // namespace ccd::ctl
