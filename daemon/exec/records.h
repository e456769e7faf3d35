// The folder of records: one small file for each attempt that was promised, begun or ended and
// not yet released. See daemon/exec/record.h for the file and its two names.
//
// A value without state of its own, so any thread may use a copy of it. Its calls block.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/record.h"

namespace ccd::exec {

// "42.1": job 42, attempt 1.
std::string label_of(const Attempt& attempt);

// Which attempt a file of the folder belongs to; nothing for a foreign file.
std::optional<Attempt> parse_record_name(std::string_view name);

class Records {
public:
    explicit Records(std::string folder) : folder_(std::move(folder)) {}

    const std::string& folder() const { return folder_; }

    Result<void> create_folder() const;

    // Allows one shim to begin the attempt. Refuses when the disk has no room for its end, and with
    // `conflict` when there is a ticket.
    Result<void> issue_ticket(const Attempt& attempt) const;

    // True: the ticket was there and is gone, so the attempt never begins. False: it was used, or
    // there was none.
    bool withdraw_ticket(const Attempt& attempt) const;

    // Nothing where the attempt did not begin, or the file is not its record. An error where that
    // cannot be found out now, for want of descriptors or memory.
    Result<std::optional<Record>> read(const Attempt& attempt) const;
    bool has_record(const Attempt& attempt) const;

    void remove(const Attempt& attempt) const;

    // Every attempt that has a file here.
    Result<std::vector<Attempt>> list() const;

private:
    std::string ticket_path(const Attempt& attempt) const;
    std::string record_path(const Attempt& attempt) const;

    std::string folder_;
};

}  // namespace ccd::exec
