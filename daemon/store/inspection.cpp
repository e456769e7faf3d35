#include "daemon/store/inspection.h"

#include <sqlite3.h>

#include <array>

#include "daemon/store/connection.h"
#include "daemon/store/copy.h"
#include "daemon/store/queues.h"
#include "daemon/store/statement.h"

namespace ccd::store {
namespace {

using Part = Damage::Part;

// Of each kind; who has more has lost the file.
constexpr std::string_view file_sql = "pragma integrity_check(100)";
constexpr std::string_view tally_sql =
    "select t.state, t.jobs, (select count(*) from job j where j.state = t.state) from tally t";
constexpr std::string_view count_sql =
    "select s.state, 0, s.jobs from (select state, count(*) jobs from job where state >= 5"
    " group by state) s where s.state not in (select state from tally)";
constexpr std::string_view unused_sql =
    "select id from environment where id not in (select environment from job where state < 5)"
    " limit 1000";
constexpr std::string_view missing_sql =
    "select id, environment from job where state < 5 and environment <> 0"
    " and environment not in (select id from environment) limit 1000";
constexpr std::string_view events_sql =
    "select count(*), ifnull(min(seq), 0), ifnull(max(seq), 0) from event";

class Inspector {
public:
    Inspector(sqlite3* connection, const InspectionStop& stop)
        : connection_(connection), stop_(stop) {}

    Result<Inspection> inspect() {
        // What cannot even be walked through is damaged too.
        if (const Result<void> walked = check_file(); !walked) {
            if (stop_.is_requested()) return tl::unexpected{walked.error()};
            add(Part::file, 0, walked.error().message);
        }
        // Where pages are damaged, what stands on them means nothing.
        if (!found_.damage.empty()) return std::move(found_);
        CCD_TRY(check_tally(tally_sql));
        CCD_TRY(check_tally(count_sql));
        CCD_TRY(check_environments());
        CCD_TRY(check_jobs());
        CCD_TRY(check_events());
        CCD_TRY(read_queues());
        found_.jobs = CCD_TRY(count("select count(*) from job"));
        found_.environments = CCD_TRY(count("select count(*) from environment"));
        return std::move(found_);
    }

private:
    // Calls `on_row(run)` for each row.
    template <class OnRow>
    Result<void> for_each(std::string_view sql, OnRow on_row) {
        if (stop_.is_requested()) return failure(Errc::conflict, "it was ended");
        Statement query = CCD_TRY(Statement::prepare(connection_, sql));
        Statement::Run run = query.run();
        while (CCD_TRY(run.step())) CCD_TRY(on_row(run));
        return {};
    }

    Result<std::uint64_t> count(std::string_view sql) {
        std::uint64_t number = 0;
        CCD_TRY(for_each(sql, [&](auto& run) { return run.read(number); }));
        return number;
    }

    Result<void> check_file() {
        return for_each(file_sql, [this](auto& run) -> Result<void> {
            std::string line;
            CCD_TRY(run.read(line));
            if (line != "ok") add(Part::file, 0, std::move(line));
            return {};
        });
    }

    Result<void> check_tally(std::string_view sql) {
        return for_each(sql, [this](auto& run) -> Result<void> {
            job::State state{};
            std::uint64_t kept = 0;
            std::uint64_t there = 0;
            CCD_TRY(run.read(state, kept, there));
            if (kept != there)
                add(Part::tally, 0,
                    "there are " + std::to_string(there) + " " + std::string{to_string(state)} +
                        " jobs, and " + std::to_string(kept) + " are counted");
            return {};
        });
    }

    Result<void> check_environments() {
        return for_each(unused_sql, [this](auto& run) -> Result<void> {
            EnvironmentId id = 0;
            CCD_TRY(run.read(id));
            add(Part::environment, id, "no unfinished job has it");
            return {};
        });
    }

    Result<void> check_jobs() {
        return for_each(missing_sql, [this](auto& run) -> Result<void> {
            job::Id id = 0;
            EnvironmentId environment = 0;
            CCD_TRY(run.read(id, environment));
            add(Part::job, id, "its environment " + std::to_string(environment) + " is missing");
            return {};
        });
    }

    Result<void> check_events() {
        return for_each(events_sql, [this](auto& run) -> Result<void> {
            std::uint64_t first = 0;
            std::uint64_t last = 0;
            CCD_TRY(run.read(found_.events, first, last));
            const std::uint64_t span = found_.events == 0 ? 0 : last - first + 1;
            if (span != found_.events)
                add(Part::events, 0,
                    "of the events " + std::to_string(first) + " to " + std::to_string(last) + " " +
                        std::to_string(span - found_.events) + " are missing");
            return {};
        });
    }

    // What cannot be read keeps the daemon from starting. That no two have one name or one number
    // is said by their table, and checked with the file.
    Result<void> read_queues() {
        Queues queues = CCD_TRY(Queues::prepare(connection_));
        if (auto rows = queues.all())
            found_.queues = std::move(*rows);
        else
            add(Part::queues, 0, rows.error().message);
        found_.last_queue = CCD_TRY(queues.last_id());
        return {};
    }

    void add(Part part, std::uint64_t number, std::string detail) {
        found_.damage.push_back({.part = part, .number = number, .detail = std::move(detail)});
    }

    sqlite3* connection_;
    const InspectionStop& stop_;
    Inspection found_;
};

Result<Inspection> inspect(const std::string& file, InspectionStop& stop) {
    sqlite3* handle = nullptr;
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    const int opened = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
    const Connection connection{handle};
    if (opened != SQLITE_OK) return tl::unexpected{error_from(handle)};
    // Before the first look: no index of a log is made beside it.
    CCD_TRY(execute(handle, "pragma locking_mode = exclusive"));
    stop.begin(handle);
    Result<Inspection> found = Inspector{handle, stop}.inspect();
    stop.end();
    return found;
}

// Between two steps of a statement; within the longest of them, the walk through a table's pages,
// only sqlite3_interrupt is heard.
int is_requested(void* stop) noexcept {
    return static_cast<const InspectionStop*>(stop)->is_requested() ? 1 : 0;
}

}  // namespace

void InspectionStop::request() {
    const std::lock_guard lock{mutex_};
    is_requested_ = true;
    if (connection_ != nullptr) sqlite3_interrupt(connection_);
}

void InspectionStop::begin(sqlite3* connection) {
    constexpr int steps = 10'000;
    const std::lock_guard lock{mutex_};
    connection_ = connection;
    sqlite3_progress_handler(connection, steps, &store::is_requested, this);
}

void InspectionStop::end() {
    const std::lock_guard lock{mutex_};
    connection_ = nullptr;
}

Result<Inspection> inspect_copy(const std::string& path, InspectionStop& stop) {
    Result<Inspection> found = inspect(copy_path(path), stop);
    remove_copy(path);
    return found;
}

}  // namespace ccd::store
