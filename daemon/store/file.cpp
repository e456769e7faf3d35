#include "daemon/store/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

#include "ccd/unique_fd.h"
#include "daemon/store/schema.h"

namespace ccd::store {
namespace {

// https://www.sqlite.org/fileformat.html, "The Database Header".
constexpr std::size_t header_size = 100;
constexpr std::size_t user_version_offset = 60;
constexpr std::size_t application_id_offset = 68;
constexpr std::string_view magic{"SQLite format 3\0", 16};

using Header = std::array<char, header_size>;

tl::unexpected<Error> refuse(const std::string& path, const std::string& why) {
    return failure(Errc::storage_unavailable, "'" + path + "' " + why);
}

tl::unexpected<Error> system_failure(const std::string& path, const std::string& what) {
    const std::string reason = std::generic_category().message(errno);
    return refuse(path, "cannot be " + what + ": " + reason);
}

std::uint32_t big_endian(const Header& header, std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(header[offset + i]);
    }
    return value;
}

// None: there is no such file. Links and devices are refused.
Result<UniqueFd> open_file(const std::string& path, int mode) {
    UniqueFd file{::open(path.c_str(), mode | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file && errno != ENOENT) return system_failure(path, "opened");
    return file;
}

// 0 where there is no file.
Result<std::size_t> size_of(const std::string& path, const UniqueFd& file) {
    if (!file) return 0;
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return system_failure(path, "examined");
    if (!S_ISREG(status.st_mode)) return refuse(path, "is not a regular file");
    return static_cast<std::size_t>(status.st_size);
}

Result<void> check_header(const std::string& path, const UniqueFd& file) {
    Header header{};
    const ssize_t got = ::pread(file.get(), header.data(), header.size(), 0);
    if (got < 0) return system_failure(path, "read");
    const std::string_view start{header.data(), magic.size()};
    if (static_cast<std::size_t>(got) < header.size() || start != magic) {
        return refuse(path, "is not a database, or its first page is damaged: it was left alone");
    }
    if (big_endian(header, application_id_offset) != application_id) {
        return refuse(path, "is a database of another program: it was left alone");
    }
    return check_version(big_endian(header, user_version_offset));
}

}  // namespace

Result<void> check_file(const std::string& path) {
    const UniqueFd file = CCD_TRY(open_file(path, O_RDONLY));
    if (CCD_TRY(size_of(path, file)) > 0) return check_header(path, file);

    const std::string log_path = path + "-wal";
    const UniqueFd log = CCD_TRY(open_file(log_path, O_RDONLY));
    if (CCD_TRY(size_of(log_path, log)) == 0) return {};
    return refuse(path, "is missing or empty, but its log '" + log_path +
                            "' is not: move the log away, or restore a backup");
}

Result<void> renew_log(const std::string& path) {
    const std::string log_path = path + "-wal";
    const UniqueFd log = CCD_TRY(open_file(log_path, O_RDWR));
    const std::size_t size = CCD_TRY(size_of(log_path, log));
    if (size == 0) return {};

    std::vector<char> chunk(std::size_t{1} << 20);
    for (std::size_t at = 0; at < size;) {
        const auto offset = static_cast<off_t>(at);
        const ssize_t got = ::pread(log.get(), chunk.data(), chunk.size(), offset);
        if (got < 0) return system_failure(log_path, "read");
        if (got == 0) break;
        const ssize_t put =
            ::pwrite(log.get(), chunk.data(), static_cast<std::size_t>(got), offset);
        if (put <= 0) return system_failure(log_path, "written");
        at += static_cast<std::size_t>(put);
    }
    if (::fsync(log.get()) != 0) return system_failure(log_path, "written to the disk");
    return {};
}

}  // namespace ccd::store
