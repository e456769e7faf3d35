#include "tests/daemon/service/plain_disk.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ranges>

namespace ccd::plain {

struct Disk::Write {
    Disk& disk;

    void operator()(const store::JobRow& row) {
        BOOST_TEST(disk.jobs_.emplace(row.id, row).second, "job " << row.id << " is there twice");
    }
    void operator()(const store::ProgressWrite& write) {
        disk.jobs_.at(write.id).progress = write.progress;
    }
    void operator()(const store::JobEdit& edit) { disk.jobs_.at(edit.job.id) = edit.job; }
    void operator()(const store::EnvironmentRow& row) {
        BOOST_TEST(disk.environments_.emplace(row.id, row.body).second,
                   "environment " << row.id << " is there twice");
        disk.last_environment_ = std::max(disk.last_environment_, row.id);
    }
    void operator()(const store::EnvironmentErase& erase) {
        disk.environments_.erase(erase.id);
        for (auto& [id, row] : disk.jobs_)
            if (row.environment == erase.id) row.environment = 0;
    }
    void operator()(const job::Event& event) {
        auto last = disk.events_.empty() ? 0 : disk.events_.back().seq;
        BOOST_TEST(event.seq == last + 1);
        disk.events_.push_back(event);
    }
    void operator()(const store::SettingWrite& write) { disk.settings_[write.name] = write.value; }
    void operator()(const store::QueueRow& row) { disk.queues_.emplace(row.id, row); }
    void operator()(const store::QueueErase& erase) { disk.queues_.erase(erase.id); }
    void operator()(const store::Prune&) { BOOST_ERROR("nothing has expired"); }
};

void Disk::commit(const store::Batch& batch) {
    for (const auto& write : batch.writes) std::visit(Write{*this}, write);
}

store::Snapshot Disk::snapshot() const {
    store::Snapshot all{.last_job = jobs_.empty() ? 0 : jobs_.rbegin()->first,
                        .last_event = events_.size(),
                        .last_environment = last_environment_,
                        .finished_by_state = census()};
    for (const auto& [id, body] : environments_) all.environments.push_back({id, body});
    for (const auto& [id, row] : jobs_)
        if (job::is_final(row.progress.state) && !row.key.empty())
            all.finished_keys.push_back({.uid = row.uid, .key = row.key.string(), .id = id});
    for (const auto& [id, row] : queues_) all.queues.push_back(row);
    for (const auto& [name, value] : settings_) all.settings.push_back({name, value});
    return all;
}

std::vector<store::JobRow> Disk::unfinished() const {
    std::vector<store::JobRow> rows;
    for (const auto& [id, row] : std::views::reverse(jobs_))
        if (!job::is_final(row.progress.state)) rows.push_back(row);
    return rows;
}

store::Answer Disk::find(const std::vector<job::Id>& ids) const {
    store::Answer answer;
    for (auto id : ids)
        if (auto found = jobs_.find(id); found != jobs_.end()) answer.jobs.push_back(found->second);
    return answer;
}

std::vector<std::uint64_t> Disk::census() const {
    std::vector<std::uint64_t> count(job::state_table.size());
    for (const auto& [id, row] : jobs_)
        if (job::is_final(row.progress.state))
            ++count[static_cast<std::size_t>(row.progress.state)];
    return count;
}

}  // namespace ccd::plain
