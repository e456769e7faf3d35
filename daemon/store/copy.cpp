#include "daemon/store/copy.h"

#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/store/statement.h"

namespace ccd::store {
namespace {

Result<std::uint64_t> count_pages(sqlite3* connection) {
    Statement query = CCD_TRY(Statement::prepare(connection, "pragma page_count"));
    Statement::Run run = query.run();
    CCD_TRY(run.step());
    std::uint64_t pages = 0;
    CCD_TRY(run.read(pages));
    return pages;
}

Result<void> check_room(const std::string& path, std::uint64_t pages) {
    struct statvfs about {};
    if (statvfs(path.c_str(), &about) != 0) return {};
    const std::uint64_t room = std::uint64_t{about.f_bavail} * about.f_frsize;
    const std::uint64_t needed = 2 * pages * page_size;
    if (room >= needed) return {};
    return failure(Errc::over_limit, "a copy of the database needs " +
                                         std::to_string(needed >> 20) + " MiB of room, and " +
                                         std::to_string(room >> 20) + " MiB are free");
}

}  // namespace

void remove_copy(const std::string& path) {
    for (const char* more : {"", "-journal", "-wal", "-shm"}) {
        unlink((copy_path(path) + more).c_str());
    }
}

void Copy::Finish::operator()(sqlite3_backup* backup) const noexcept {
    sqlite3_backup_finish(backup);
}

Result<std::unique_ptr<Copy>> Copy::begin(sqlite3* from, const std::string& path) {
    const std::uint64_t pages = CCD_TRY(count_pages(from));
    CCD_TRY(check_room(path, pages));
    remove_copy(path);
    std::unique_ptr<Copy> copy{new Copy(path)};
    constexpr int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    sqlite3* handle = nullptr;
    const int opened = sqlite3_open_v2(copy_path(path).c_str(), &handle, flags, nullptr);
    copy->to_.reset(handle);
    if (opened != SQLITE_OK) return tl::unexpected{error_from(handle)};
    sqlite3_extended_result_codes(handle, 1);
    // Nobody needs it after a crash.
    CCD_TRY(execute(handle, "pragma synchronous = off"));
    CCD_TRY(execute(handle, "pragma journal_mode = off"));
    copy->backup_.reset(sqlite3_backup_init(handle, "main", from, "main"));
    if (!copy->backup_) return tl::unexpected{error_from(handle)};
    return copy;
}

Copy::~Copy() {
    backup_.reset();
    to_.reset();
    if (!is_kept_) remove_copy(path_);
}

Result<void> Copy::step(Answer& answer) {
    const int stepped = sqlite3_backup_step(backup_.get(), pages_per_step);
    answer.pages = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_.get()));
    answer.pages_left = static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_.get()));
    answer.is_partial = stepped == SQLITE_OK;
    if (stepped == SQLITE_OK || stepped == SQLITE_DONE) return {};
    return failure(Errc::storage_unavailable,
                   "the database cannot be copied: " + std::string{sqlite3_errstr(stepped)});
}

}  // namespace ccd::store
