// Connections to a Unix socket, and waiting until somebody answers there.
#pragma once

#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/time.h"
#include "ccd/unique_fd.h"
#include "tests/harness/answers.h"
#include "tests/harness/child.h"

namespace ccd::harness {

// A blocking stream. Waits while the server's line of unaccepted connections is full.
Result<UniqueFd> connect_to(const std::string& path);

// One request and its answer, whatever it says.
struct Probe {
    std::string request;
    AnswerCounter count;
};

// Sends the probe and waits for one whole answer: its bytes.
Result<std::string> exchange(int fd, const Probe& probe, Millis patience);

// Until the child answers the probe on its socket. Refuses with the child's end, or `timeout`.
Result<void> wait_until_it_answers(Child& child, const std::string& path, const Probe& probe,
                                   Millis patience);

// The process at the other end, as the kernel knows it.
Result<pid_t> peer_of(int fd);

}  // namespace ccd::harness
