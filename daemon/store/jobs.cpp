#include "daemon/store/jobs.h"

#include <algorithm>
#include <limits>
#include <string>

namespace ccd::store {
namespace {

// In the order of `read_job`. What a page filters by comes first: SQLite decodes no further than
// it is asked to. A job may point at an environment that has been scrubbed; it reads as none.
constexpr const char* columns =
    "select id, uid, state, tags, class, exclusive, umask, gpu_count, cpus, vram, memory,"
    " time_limit, submitted_at,"
    " ifnull((select e.id from environment e where e.id = job.environment), 0),"
    " argv, cwd, name, key, stdin_file, gpu, ending, priority, attempt, boot_id, gpus, reason,"
    " started_at, finished_at, exit_code, signal, properties, pool, array, array_index, "
    "array_limit,"
    " after, after_any, warn_signal, warn_before, max_retries, retry_delay, retry_on, ended_by,"
    " retries_left, due, array_size, request from job ";

constexpr std::string_view insert_sql =
    "insert into job (id, uid, state, tags, class, exclusive, umask, gpu_count, cpus, vram, memory,"
    " time_limit, submitted_at, environment,"
    " argv, cwd, name, key, stdin_file, gpu, ending, priority, attempt, boot_id, gpus, reason,"
    " started_at, finished_at, exit_code, signal, properties, pool, array, array_index, "
    "array_limit,"
    " after, after_any, warn_signal, warn_before, max_retries, retry_delay, retry_on, ended_by,"
    " retries_left, due, array_size, request)"
    " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36,"
    " ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47)";

constexpr std::string_view update_sql =
    "update job set state = ?2, ending = ?3, priority = ?4, attempt = ?5, boot_id = ?6, gpus = ?7,"
    " reason = ?8, started_at = ?9, finished_at = ?10, exit_code = ?11, signal = ?12,"
    " ended_by = ?13, retries_left = ?14, due = ?15"
    " where id = ?1";

// What its owner may change, and what a job that is tried again has anew.
constexpr std::string_view edit_sql =
    "update job set gpu_count = ?2, cpus = ?3, vram = ?4, memory = ?5, time_limit = ?6,"
    " environment = ?7, name = ?8, pool = ?9, max_retries = ?10 where id = ?1";

Result<JobRow> read_job(const Statement::Run& run) {
    JobRow job;
    JobOptions more;
    JobRun last;
    Progress& now = job.progress;
    CCD_TRY(run.read(job.id, job.uid, now.state, more.tags, job.job_class, job.exclusive, job.umask,
                     job.gpu_count, job.cpus, job.vram, job.memory, job.time_limit,
                     job.submitted_at, job.environment, job.argv, job.cwd, job.name, job.key,
                     more.stdin_file, more.gpu, last.ending, now.priority, now.attempt,
                     last.boot_id, last.gpus, now.reason, last.started_at, last.finished_at,
                     last.exit_code, last.signal, more.properties, job.pool, job.array,
                     job.array_index, job.array_limit, more.after, more.after_any, more.warn_signal,
                     more.warn_before, more.max_retries, more.retry_delay, more.retry_on, last.end,
                     now.retries_left, now.due, job.array_size, job.request));
    job.options = std::move(more);
    now.run = std::move(last);
    return job;
}

Result<JobRow> read_brief(const Statement::Run& run) {
    JobRow job;
    CCD_TRY(
        run.read(job.id, job.uid, job.progress.state, job.key, job.progress.attempt, job.request));
    return job;
}

// Of the commands in one answer with unfinished jobs, in bytes: the rules take it in one turn.
constexpr std::size_t unfinished_size = std::size_t{16} << 20;

// What decides whether a job is on a page: the first columns.
struct Traits {
    job::Id id = 0;
    std::uint32_t uid = 0;
    job::State state = job::State::queued;
    std::vector<std::string> tags;
};

bool is_on(const JobPage& page, const Traits& job) {
    if (page.uid && *page.uid != job.uid) return false;
    if (!page.states.empty() && std::ranges::count(page.states, job.state) == 0) return false;
    return page.tag.empty() || std::ranges::count(job.tags, page.tag) > 0;
}

Result<std::uint64_t> read_number(Statement& statement) {
    Statement::Run run = statement.run();
    CCD_TRY(run.step());
    std::uint64_t number = 0;
    CCD_TRY(run.read(number));
    return number;
}

}  // namespace

Result<Jobs> Jobs::prepare(sqlite3* connection) {
    const auto prepare = [connection](std::string_view sql) {
        return Statement::prepare(connection, sql);
    };
    const auto select = [connection](const char* rest) {
        return Statement::prepare(connection, std::string{columns} + rest);
    };
    Jobs jobs;
    jobs.insert_ = CCD_TRY(prepare(insert_sql));
    jobs.state_ = CCD_TRY(prepare("select state from job where id = ?1"));
    jobs.update_ = CCD_TRY(prepare(update_sql));
    jobs.edit_ = CCD_TRY(prepare(edit_sql));
    jobs.unfinished_ =
        CCD_TRY(select("indexed by job_unfinished where state < 5 and id > ?1 order by id"));
    jobs.count_unfinished_ =
        CCD_TRY(prepare("select count(*) from job indexed by job_unfinished where state < 5"));
    jobs.finished_keys_ =
        CCD_TRY(prepare("select uid, key, id from job indexed by job_finished_key"
                        " where state >= 5 and key <> '' order by id"));
    jobs.last_id_ = CCD_TRY(prepare("select ifnull(max(id), 0) from job"));
    jobs.by_id_ = CCD_TRY(select("where id = ?1"));
    jobs.brief_ =
        CCD_TRY(prepare("select id, uid, state, key, attempt, request from job where id = ?1"));
    jobs.page_ = CCD_TRY(select("where id < ?1 order by id desc"));
    jobs.unfinished_page_ =
        CCD_TRY(select("indexed by job_unfinished where state < 5 and id < ?1 order by id desc"));
    jobs.erase_ = CCD_TRY(prepare("delete from job where id = ?1"));
    jobs.expired_ =
        CCD_TRY(prepare("select id, uid, state, key, attempt, submitted_at, finished_at from job"
                        " where id > ?1 order by id"));
    return jobs;
}

Result<void> Jobs::insert(const JobRow& job) {
    const JobOptions& more = *job.options;
    const Progress& now = job.progress;
    const JobRun& last = *now.run;
    Statement::Run run = insert_.run();
    CCD_TRY(run.bind(job.id, job.uid, now.state, more.tags, job.job_class, job.exclusive, job.umask,
                     job.gpu_count, job.cpus, job.vram, job.memory, job.time_limit,
                     job.submitted_at, job.environment, BlobView{job.argv}, job.cwd, job.name,
                     job.key, more.stdin_file, more.gpu, last.ending, now.priority, now.attempt,
                     last.boot_id, last.gpus, now.reason, last.started_at, last.finished_at,
                     last.exit_code, last.signal, more.properties, job.pool, job.array,
                     job.array_index, job.array_limit, more.after, more.after_any, more.warn_signal,
                     more.warn_before, more.max_retries, more.retry_delay, more.retry_on, last.end,
                     now.retries_left, now.due, job.array_size, job.request));
    return run.finish();
}

Result<std::optional<job::State>> Jobs::state_of(job::Id id) {
    Statement::Run run = state_.run();
    CCD_TRY(run.bind(id));
    if (!CCD_TRY(run.step())) return std::optional<job::State>{};
    job::State state{};
    CCD_TRY(run.read(state));
    return std::optional{state};
}

Result<job::State> Jobs::update(job::Id id, const Progress& progress) {
    const std::optional<job::State> before = CCD_TRY(state_of(id));
    if (!before) {
        return failure(Errc::internal, "there is no job " + std::to_string(id) + " to change");
    }
    Statement::Run run = update_.run();
    const JobRun& last = *progress.run;
    CCD_TRY(run.bind(id, progress.state, last.ending, progress.priority, progress.attempt,
                     last.boot_id, last.gpus, progress.reason, last.started_at, last.finished_at,
                     last.exit_code, last.signal, last.end, progress.retries_left, progress.due));
    CCD_TRY(run.finish());
    return *before;
}

Result<std::optional<job::State>> Jobs::erase(job::Id id) {
    const std::optional<job::State> state = CCD_TRY(state_of(id));
    if (!state) return state;
    if (!job::is_final(*state)) {
        return failure(Errc::internal,
                       "job " + std::to_string(id) + " is not finished, and stays on record");
    }
    Statement::Run run = erase_.run();
    CCD_TRY(run.bind(id));
    CCD_TRY(run.finish());
    return state;
}

Result<job::State> Jobs::edit(const JobRow& job) {
    {
        Statement::Run run = edit_.run();
        CCD_TRY(run.bind(job.id, job.gpu_count, job.cpus, job.vram, job.memory, job.time_limit,
                         job.environment, job.name, job.pool, job.options->max_retries));
        CCD_TRY(run.finish());
    }
    return update(job.id, job.progress);
}

Result<Answer> Jobs::unfinished(const UnfinishedJobs& query, std::uint32_t limit) {
    Answer answer{.next = query.since};
    Statement::Run run = unfinished_.run();
    CCD_TRY(run.bind(query.since));
    std::size_t size = 0;
    while (CCD_TRY(run.step())) {
        if (answer.jobs.size() == limit || size >= unfinished_size) {
            answer.is_partial = true;
            break;
        }
        answer.jobs.push_back(CCD_TRY(read_job(run)));
        answer.next = answer.jobs.back().id;
        size += answer.jobs.back().argv.size();
    }
    return answer;
}

Result<std::uint64_t> Jobs::count_unfinished() {
    return read_number(count_unfinished_);
}

// Their index answers this alone: no job is read.
Result<std::vector<KnownKey>> Jobs::finished_keys() {
    std::vector<KnownKey> keys;
    Statement::Run run = finished_keys_.run();
    while (CCD_TRY(run.step())) {
        KnownKey known;
        CCD_TRY(run.read(known.uid, known.key, known.id));
        keys.push_back(std::move(known));
    }
    return keys;
}

Result<job::Id> Jobs::last_id() {
    return read_number(last_id_);
}

Result<std::vector<JobRow>> Jobs::find(const JobsById& query,
                                       const std::function<void()>& on_progress) {
    std::vector<JobRow> jobs;
    jobs.reserve(query.ids.size());
    std::size_t command_bytes = 0;
    for (const job::Id id : query.ids) {
        Statement::Run run = (query.is_brief ? brief_ : by_id_).run();
        CCD_TRY(run.bind(id));
        if (!CCD_TRY(run.step())) continue;
        JobRow row = CCD_TRY(query.is_brief ? read_brief(run) : read_job(run));
        command_bytes += row.argv.size();
        if (command_bytes > query.command_limit) row.argv = {};
        jobs.push_back(std::move(row));
        if (on_progress) on_progress();
    }
    return jobs;
}

Result<Answer> Jobs::page(const JobPage& query, std::uint32_t budget) {
    const bool is_history =
        query.states.empty() || std::ranges::any_of(query.states, job::is_final);
    Statement& statement = is_history ? page_ : unfinished_page_;
    const auto none = static_cast<job::Id>(std::numeric_limits<std::int64_t>::max());

    Answer answer;
    Statement::Run run = statement.run();
    const job::Id before = query.before.value_or(none);
    CCD_TRY(run.bind(before));
    for (std::uint32_t seen = 0; CCD_TRY(run.step()); ++seen) {
        if (seen == budget || answer.jobs.size() >= query.limit) {
            answer.is_partial = true;
            break;
        }
        Traits job;
        CCD_TRY(run.read(job.id, job.uid, job.state, job.tags));
        answer.next = job.id;
        if (is_on(query, job)) answer.jobs.push_back(CCD_TRY(read_job(run)));
    }
    return answer;
}

// A job that was submitted since then cannot have ended before, and those behind it neither.
Result<Answer> Jobs::expired(const Expired& query, std::uint32_t budget) {
    Answer answer{.next = query.since};
    const auto keep = [&answer](WallTime since) {
        answer.oldest_kept = std::min(since, answer.oldest_kept.value_or(since));
    };
    Statement::Run run = expired_.run();
    CCD_TRY(run.bind(query.since));
    for (std::uint32_t seen = 0; CCD_TRY(run.step()); ++seen) {
        if (seen == budget || answer.jobs.size() >= query.limit) {
            answer.is_partial = true;
            break;
        }
        JobRow job;
        std::optional<WallTime> finished_at;
        CCD_TRY(run.read(job.id, job.uid, job.progress.state, job.key, job.progress.attempt,
                         job.submitted_at, finished_at));
        if (job.submitted_at >= query.before && job.submitted_at <= query.now) {
            keep(job.submitted_at);
            break;
        }
        answer.next = job.id;
        if (!job::is_final(job.progress.state)) continue;
        const WallTime ended = finished_at.value_or(job.submitted_at);
        if (ended < query.before) {
            answer.jobs.push_back(std::move(job));
        } else if (ended <= query.now) {
            keep(ended);
        }
    }
    return answer;
}

}  // namespace ccd::store
