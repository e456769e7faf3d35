// What is on disk, as maps: a batch is there at once, and what is asked for is looked for among
// all.
//
// Of daemon/store only the values are used, so what the rules have in memory can be held against
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/batch.h"

namespace ccd::plain {

class Disk {
public:
    void commit(const store::Batch& batch);

    // What a daemon that begins anew is given: this, and then the unfinished jobs.
    store::Snapshot snapshot() const;
    // By id, the greatest first, as a page has them.
    std::vector<store::JobRow> unfinished() const;
    store::Answer find(const std::vector<job::Id>& ids) const;
    // How many finished jobs there are of each state.
    std::vector<std::uint64_t> census() const;

    const std::map<job::Id, store::JobRow>& jobs() const { return jobs_; }
    const std::vector<job::Event>& events() const { return events_; }
    std::size_t environments() const { return environments_.size(); }

private:
    struct Write;

    std::map<job::Id, store::JobRow> jobs_;
    std::map<store::EnvironmentId, std::string> environments_;
    std::map<std::string, std::string> settings_;
    std::map<store::QueueId, store::QueueRow> queues_;
    std::vector<job::Event> events_;
    store::EnvironmentId last_environment_ = 0;
};

}  // namespace ccd::plain
