// ccctl as a child process, with its two outputs apart.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "ccd/unique_fd.h"

namespace ccd::e2e {

struct Ran {
    int code = -1;  // 128 and the signal, if one ended it
    std::string out;
    std::string err;
};

struct CtlLine {
    std::string program = {};                   // ccctl itself; empty: the one beside us
    std::vector<std::string> words;             // behind `ccctl`
    std::vector<std::string> environment = {};  // NAME=VALUE, over ours
    std::string cwd = {};
    std::vector<std::string> before = {};  // a program that becomes ccctl, with its arguments
    bool is_on_terminal = false;           // its standard output
};

// One that runs. Its destructor ends it.
class Ctl {
public:
    explicit Ctl(const CtlLine& line);
    Ctl(const Ctl&) = delete;
    ~Ctl();

    // Reads its standard output until this has come, or its end. What it has said so far.
    const std::string& hear(const std::string& text);
    // Reads a part of what it has said since; does not wait.
    bool has_ended();
    // Reads on to its end.
    Ran end();

private:
    bool read_some();

    pid_t pid_ = -1;
    UniqueFd out_;
    UniqueFd err_;  // a file
    std::string heard_;
};

// The program beside us.
std::string ccctl();

inline Ran run_ctl(const CtlLine& line) {
    return Ctl{line}.end();
}

}  // namespace ccd::e2e
