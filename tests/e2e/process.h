// Processes that jobs have begun, and the pipes by which they tell and are told.
#pragma once

#include <sys/types.h>

#include <string>

#include "ccd/unique_fd.h"

namespace ccd::e2e {

// Another's process, held so that its number means nobody else.
class Stranger {
public:
    explicit Stranger(pid_t pid);
    explicit Stranger(const std::string& pid);

    bool is_gone() const;
    // Fails the test when it is still there after a long time.
    void wait_until_gone() const;

private:
    UniqueFd held_;
};

// A named pipe. Each call waits for the other side.
class Pipe {
public:
    explicit Pipe(std::string path);

    const std::string& path() const { return path_; }

    // All that one writer says.
    std::string hear() const;
    // Lets one `read` of a shell go on.
    void let_go() const;

private:
    std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace ccd::e2e
