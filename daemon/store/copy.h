// A copy of the database that is made while the database is used, a few pages at a time.
//
// Between two steps batches may be committed: SQLite writes what they change into the copy too, so
// that a finished copy is the database as it was at the last step. It lies beside the database, is
// used by nobody while it is made, and goes unless it is kept. What holds for the copy can be found
// out by any thread for as long as that takes, and holds up no commit.
//
// Owner: the Database, whose connection must outlive it. Store thread only.
#pragma once

#include <memory>
#include <string>

#include "ccd/result.h"
#include "daemon/store/batch.h"
#include "daemon/store/connection.h"

struct sqlite3_backup;

namespace ccd::store {

// Where the copy of the database at `path` lies.
inline std::string copy_path(const std::string& path) {
    return path + "-copy";
}

// The copy and what SQLite keeps beside it, if there are any.
void remove_copy(const std::string& path);

class Copy {
public:
    // So many pages in one step: a megabyte.
    static constexpr int pages_per_step = 256;

    // Of the database at `path`. Takes the place of an older copy. Refuses where the disk has no
    // room for twice as much.
    static Result<std::unique_ptr<Copy>> begin(sqlite3* from, const std::string& path);

    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    ~Copy();

    // Fills in how far it has come; partial: there is more to copy.
    Result<void> step(Answer& answer);

    // Whoever takes it removes it.
    void keep() { is_kept_ = true; }

private:
    struct Finish {
        void operator()(sqlite3_backup* backup) const noexcept;
    };

    explicit Copy(std::string path) : path_(std::move(path)) {}

    std::string path_;  // of the database
    bool is_kept_ = false;
    Connection to_;
    std::unique_ptr<sqlite3_backup, Finish> backup_;  // goes before what it copies to
};

}  // namespace ccd::store
