#include "daemon/exec/shim/evidence.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "daemon/exec/proc_stat.h"

namespace ccd::exec {
namespace {

template <class Part>
bool write_part(int file, std::size_t offset, Part part) {
    seal(part);
    ssize_t written = pwrite(file, &part, sizeof part, static_cast<off_t>(offset));
    return written == static_cast<ssize_t>(sizeof part);
}

}  // namespace

bool Evidence::claim(const char* folder_path, std::string_view label, std::string_view nonce,
                     std::string_view boot_id) {
    UniqueFd folder{open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    RecordName ticket = ticket_name(label, nonce);
    file_.reset(openat(folder.get(), ticket.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    std::optional<ProcStat> self = read_stat(getpid());
    if (!folder || !file_ || !self) return false;
    ClaimPart part{.shim_pid = getpid(), .start_ticks = self->start_ticks};
    set_padded(part.boot_id, boot_id);
    return write_part(file_.get(), offsetof(Record, claim), part) &&
           renameat(folder.get(), ticket.c_str(), folder.get(),
                    record_name(label, nonce).c_str()) == 0;
}

void Evidence::write_begun(BegunPart part) {
    write_part(file_.get(), offsetof(Record, begun), part);
}

void Evidence::write_end(EndPart part) {
    constexpr timespec pause{.tv_sec = 1, .tv_nsec = 0};
    while (!write_part(file_.get(), offsetof(Record, end), part)) {
        if (errno != ENOSPC && errno != EDQUOT) return;
        nanosleep(&pause, nullptr);
    }
}

}  // namespace ccd::exec
