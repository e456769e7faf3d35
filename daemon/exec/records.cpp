#include "daemon/exec/records.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ccd/unique_fd.h"
#include "daemon/exec/number.h"
#include "daemon/exec/own_folder.h"
#include "daemon/exec/shortage.h"
#include "daemon/exec/spec.h"
#include "daemon/loop/loop.h"
#include "daemon/sys/directory.h"

namespace ccd::exec {
namespace {

// Takes what stands before the next full stop, and the full stop.
std::string_view take_field(std::string_view& rest) {
    std::size_t length = std::min(rest.find('.'), rest.size());
    std::string_view field = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    return field;
}

}  // namespace

std::string label_of(const Attempt& attempt) {
    return std::to_string(attempt.job) + "." + std::to_string(attempt.number);
}

std::optional<Attempt> parse_record_name(std::string_view name) {
    Attempt attempt;
    bool is_good = parse_number(take_field(name), attempt.job);
    is_good = parse_number(take_field(name), attempt.number) && is_good;
    attempt.nonce = take_field(name);
    is_good = is_good && is_nonce(attempt.nonce) && (name == "ticket" || name == "record");
    return is_good ? std::optional(attempt) : std::nullopt;
}

Result<void> Records::create_folder() const {
    CCD_TRY(sys::make_directory(folder_, 0700));
    return sys::make_private(folder_);
}

Result<void> Records::issue_ticket(const Attempt& attempt) const {
    std::string path = ticket_path(attempt);
    UniqueFd file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) {
        int reason = errno;
        Error failed = loop::error_from(-reason, "cannot create '" + path + "'");
        if (reason == EEXIST) failed.code = Errc::conflict;
        return tl::unexpected{std::move(failed)};
    }
    Record record = make_ticket(attempt.nonce);
    ssize_t written = write(file.get(), &record, sizeof record);
    if (written == static_cast<ssize_t>(sizeof record)) return {};
    int error = written < 0 ? errno : ENOSPC;
    unlink(path.c_str());
    return tl::unexpected{loop::error_from(-error, "cannot write '" + path + "'")};
}

bool Records::withdraw_ticket(const Attempt& attempt) const {
    return unlink(ticket_path(attempt).c_str()) == 0;
}

Result<std::optional<Record>> Records::read(const Attempt& attempt) const {
    std::string path = record_path(attempt);
    UniqueFd file{open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    char bytes[sizeof(Record) + 1];
    ssize_t length = file ? ::read(file.get(), bytes, sizeof bytes) : -1;
    if (length < 0 && is_shortage(errno))
        return tl::unexpected{loop::error_from(-errno, "cannot read '" + path + "'")};
    if (length < 0) return std::optional<Record>{};
    return parse_record({bytes, static_cast<std::size_t>(length)}, attempt.nonce);
}

bool Records::has_record(const Attempt& attempt) const {
    struct stat about {};
    return lstat(record_path(attempt).c_str(), &about) == 0 || errno != ENOENT;
}

void Records::remove(const Attempt& attempt) const {
    unlink(record_path(attempt).c_str());
    unlink(ticket_path(attempt).c_str());
}

Result<std::vector<Attempt>> Records::list() const {
    OwnFolder folder{opendir(folder_.c_str())};
    if (!folder) return tl::unexpected{loop::error_from(-errno, "cannot read '" + folder_ + "'")};
    std::vector<Attempt> attempts;
    while (dirent* entry = readdir(folder.get()))
        if (std::optional<Attempt> attempt = parse_record_name(entry->d_name))
            attempts.push_back(std::move(*attempt));
    // A rename between two reads of the folder can show both names.
    std::ranges::sort(attempts);
    attempts.erase(std::ranges::unique(attempts).begin(), attempts.end());
    return attempts;
}

std::string Records::ticket_path(const Attempt& attempt) const {
    return folder_ + "/" + ticket_name(label_of(attempt), attempt.nonce).c_str();
}

std::string Records::record_path(const Attempt& attempt) const {
    return folder_ + "/" + record_name(label_of(attempt), attempt.nonce).c_str();
}

}  // namespace ccd::exec
