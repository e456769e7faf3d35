#include "tests/harness/filesystem.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "ccd/unique_fd.h"
#include "tests/harness/error.h"
#include "tests/harness/statistics.h"

namespace ccd::harness {
namespace {

std::string from_environment(const char* name, const char* otherwise) {
    const char* value = ::getenv(name);
    return value && *value ? value : otherwise;
}

}  // namespace

Result<Medium> medium_of(const std::string& directory) {
    struct statfs facts {};
    if (::statfs(directory.c_str(), &facts) != 0)
        return failure_from(errno, "cannot look at '" + directory + "'");
    bool is_memory = facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC;
    return is_memory ? Medium::memory : Medium::disk;
}

Result<std::string> durable_directory() {
    auto directory = from_environment("CCD_BENCH_DIR", "/var/tmp");
    if (CCD_TRY(medium_of(directory)) == Medium::memory)
        return failure(Errc::bad_request,
                       "'" + directory + "' is in memory, where a sync costs nothing; name a " +
                           "directory on a disk in CCD_BENCH_DIR");
    return directory;
}

std::string scratch_directory() {
    return from_environment("TMPDIR", "/tmp");
}

std::string volatile_directory() {
    std::string shared = "/dev/shm";
    auto is_usable = medium_of(shared) == Medium::memory && ::access(shared.c_str(), W_OK) == 0;
    return is_usable ? shared : scratch_directory();
}

Result<double> measure_syncs(const std::string& directory) {
    auto path = directory + "/ccd-syncs-XXXXXX";
    UniqueFd file{::mkostemp(path.data(), O_CLOEXEC)};
    if (!file) return failure_from(errno, "no file in '" + directory + "'");
    ::unlink(path.c_str());
    static constexpr std::array<char, 512> bytes{};
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::milliseconds{300};
    std::uint64_t syncs = 0;
    while (Clock::now() < end) {
        if (::write(file.get(), bytes.data(), bytes.size()) < 0 || ::fdatasync(file.get()) != 0)
            return failure_from(errno, "cannot sync in '" + directory + "'");
        ++syncs;
    }
    return static_cast<double>(syncs) / seconds_of(Clock::now() - begin);
}

}  // namespace ccd::harness
