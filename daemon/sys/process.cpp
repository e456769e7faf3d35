#include "daemon/sys/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ccd::sys {

void prepare_process() {
    // The lowest free number is taken each time, until it is none of the three.
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO) close(fd);
    signal(SIGPIPE, SIG_IGN);
    umask(077);
}

}  // namespace ccd::sys
