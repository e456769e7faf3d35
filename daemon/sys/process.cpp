#include "daemon/sys/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace ccd::sys {

void prepare_process() {
    // The lowest free number is taken each time, until it is none of the three.
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO) close(fd);
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    // glibc keeps small blocks that are freed apart, for the next of their size; between a million
    // jobs so many of them stay that the process is 7 % larger.
    mallopt(M_MXFAST, 0);
}

std::optional<std::int32_t> process_of(int pidfd) {
    std::ifstream facts{"/proc/self/fdinfo/" + std::to_string(pidfd)};
    for (std::string name; facts >> name;) {
        std::int32_t pid = 0;
        if (name == "Pid:" && facts >> pid && pid > 0) return pid;
    }
    return std::nullopt;
}

}  // namespace ccd::sys
