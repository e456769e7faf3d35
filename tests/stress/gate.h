// Holds jobs up until we open it.
//
// It is a lock on a file: whoever comes waits for a share of it. So it is open when we are gone,
// and no job is left behind that waits for us.
//
// Owner: a scenario.
#pragma once

#include <string>
#include <utility>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::stress {

class Gate {
public:
    // Closed, at a path of its own.
    static Result<Gate> close(std::string path);

    const std::string& path() const { return path_; }
    void open() { file_.reset(); }

private:
    Gate(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

    std::string path_;
    UniqueFd file_;
};

// Waits until the gate at that path is open. False: there is none.
bool pass_gate(const std::string& path);

}  // namespace ccd::stress
