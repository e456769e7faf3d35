#include "daemon/outputs.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "ccd/unique_fd.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {
namespace {

constexpr std::uint64_t block_of_stat = 512;
constexpr std::uint64_t page = 4096;

tl::unexpected<Error> cannot(const std::string& what, const std::string& path, int code) {
    auto error = loop::error_from(-code, what + " '" + path + "'");
    if (code == EOPNOTSUPP || code == ENOSYS) error.code = Errc::conflict;
    return tl::unexpected{std::move(error)};
}

}  // namespace

Result<Bytes> cut_output(const std::string& path, Bytes limit) {
    UniqueFd file{open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file && errno == ENOENT) return Bytes{0};
    if (!file) return cannot("cannot open", path, errno);
    struct stat found {};
    if (fstat(file.get(), &found) != 0) return cannot("cannot examine", path, errno);
    auto size = static_cast<std::uint64_t>(found.st_size);
    auto held = static_cast<std::uint64_t>(found.st_blocks) * block_of_stat;
    if (!S_ISREG(found.st_mode) || size <= limit.count || held <= limit.count) return Bytes{0};
    // Whole blocks: of one that is left out in part the rest would be there, as zeros.
    auto block = std::max<std::uint64_t>(page, static_cast<std::uint64_t>(found.st_blksize));
    auto from = (limit.count / 4 + block - 1) / block * block;
    auto to = (size - limit.count / 2) / block * block;
    if (to <= from) return Bytes{0};
    if (fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                  static_cast<off_t>(to - from)) != 0)
        return cannot("cannot give back the middle of", path, errno);
    return Bytes{to - from};
}

void Outputs::cut(std::vector<std::string> paths, Bytes limit) {
    loop_.work(
        [paths = std::move(paths), limit] {
            std::optional<Error> trouble;
            for (const auto& path : paths)
                if (auto cut = cut_output(path, limit); !cut) trouble = std::move(cut.error());
            return trouble;
        },
        [this](const std::optional<Error>& trouble) {
            if (trouble) say_trouble(*trouble);
        });
}

// Once: it is so for every file, and at every look.
void Outputs::say_trouble(const Error& error) {
    if (has_said_trouble_) return;
    has_said_trouble_ = true;
    sys::log(sys::Priority::warning, "the output of a job cannot be kept to jobs.log_limit: " +
                                         error.message + "; ignoring");
}

void Outputs::remove(std::vector<std::string> paths) {
    loop_.work(
        [paths = std::move(paths)] {
            for (const auto& path : paths) {
                unlink(path.c_str());
                rmdir(path.substr(0, path.rfind('/')).c_str());
            }
        },
        [] {});
}

}  // namespace ccd::daemon
