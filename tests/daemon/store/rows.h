// Rows with something in every field, and a directory that goes with the test.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "daemon/store/batch.h"
#include "daemon/store/database.h"

namespace ccd::store {

class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Every field differs from its default and, where it is a number, from the same field of any other.
JobRow full_job(job::Id id);
Progress full_progress(job::State state);
job::Event full_event(std::uint64_t seq, job::Id job);

// As submitted: little is set.
JobRow small_job(job::Id id, job::State state = job::State::queued);

Batch batch_of(std::vector<Write> writes);
// A small job and its event, both with this number.
Batch submit_of(std::uint64_t number);

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes);

// The database at this path; the test ends if it cannot be opened.
std::unique_ptr<Database> open_database(const std::string& path, const std::string& vfs = {});
void commit(Database& database, const Batch& batch);
Snapshot snapshot_of(Database& database);
Answer answer_of(Database& database, const Query& query);
std::vector<JobRow> unfinished_of(Database& database);
std::vector<job::Id> ids_of(const std::vector<JobRow>& jobs);

}  // namespace ccd::store
