// Jobs as a caller may see them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/handlers/context.h"

namespace ccd::handlers {

// A job by its row. Of others' jobs the command, directory, key and tags are left out.
job::View view_of(const store::JobRow& row, Context& context);

// The same with the reason why it waits. The reply will wait for the job's last change.
job::View view_of(const service::Job& job, Context& context);

// Rows of the store, with those that are unfinished as they are in memory.
std::vector<job::View> views_of(const std::vector<store::JobRow>& rows, Context& context);

// Jobs for one reply: as many as a frame can hold, and one at least. A command line may be as long
// as a frame, so a number of jobs alone is no bound.
class Page {
public:
    // False: there is no more room, and the job is left out.
    bool add(job::View view);

    std::size_t size() const { return jobs_.size(); }
    std::vector<job::View> take() { return std::move(jobs_); }

private:
    std::vector<job::View> jobs_;
    std::size_t bytes_ = 0;
};

// The jobs named, all of them unfinished.
job::JobsReply jobs_reply(const std::vector<job::Id>& ids, Context& context);

// Splits what is stored as strings that are each ended by NUL, and back.
std::vector<std::string> split_strings(std::string_view joined);
std::string join_strings(const std::vector<std::string>& strings);

}  // namespace ccd::handlers
