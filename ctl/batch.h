// `ccctl batch`: a submit for each line of a file.
//
// Lines are read as they are sent, so the file may be endless. A batch of them is on the way at
// once, over one connection; what is refused for now is tried again, with what else of its batch
// was. Every line has a key, so whatever broke off can be begun again from the first line.
//
// Owner: run(). Thread: the only one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

// The keys of lines that have none: made of the line, of where it runs, and of how often the same
// came before in this file, so that the same file gives the same keys, also when other lines of it
// were repaired.
class LineKeys {
public:
    std::string next(std::string_view line, std::string_view cwd);

private:
    // By a hash of the line: 50 bytes a line are all that is kept of it.
    std::unordered_map<std::uint64_t, std::uint32_t> times_;
};

// The submit that a line asks for. Refuses what is no JSON, and names that are no parameter.
Result<job::SubmitRequest> read_submit(std::string_view line);

int run(job::Batch, const Session& session, const Parsed<job::Batch>& parsed);

}  // namespace ccd::ctl
