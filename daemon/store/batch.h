// What the rules hand to the store, and what they get back from it.
//
// Values only: no SQLite, no thread, no file. A Batch is what one turn of the loop changed; the
// store commits it whole or not at all. A Query is a question about what is committed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ccd/job.h"
#include "ccd/queue.h"
#include "ccd/time.h"
#include "daemon/store/boxed.h"
#include "daemon/store/compact_optional.h"
#include "daemon/store/text.h"

namespace ccd::store {

// The bit of one reason for a retry among those of JobOptions::retry_on.
constexpr std::uint32_t bit_of(job::RetryOn on) {
    return 1U << static_cast<unsigned>(on);
}

// Numbers batches in the order they were sent, from 1.
using BatchId = std::uint64_t;

using EnvironmentId = std::uint64_t;

// Why an attempt is being ended by us. Decided and committed before the first signal is sent, so
// that the outcome can be told after a restart.
enum class Ending : std::uint8_t { none, cancel, time_limit };

// How an attempt went, as far as it has come.
struct JobRun {
    std::string boot_id;            // the boot in which it was begun
    std::vector<std::string> gpus;  // UUIDs of the cards it has
    Ending ending = Ending::none;
    std::optional<WallTime> started_at;
    std::optional<WallTime> finished_at;
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    std::optional<job::End> end;

    bool operator==(const JobRun&) const = default;
};

// The part of a job that changes. Written as a whole.
struct Progress {
    job::State state = job::State::queued;
    std::int32_t priority = 0;
    std::uint32_t attempt = 0;       // attempts begun so far; the current one's number
    std::uint32_t retries_left = 0;  // how often it may still be tried again by itself
    Text reason;                     // empty: none
    CompactOptional<WallTime> due;   // waits until then: its begin, or its back-off
    Boxed<JobRun> run;               // of the current attempt, or the last one

    bool operator==(const Progress&) const = default;
};

// What may be said of a job besides, and is of few.
struct JobOptions {
    Text stdin_file;               // empty: none
    std::vector<std::string> gpu;  // cards it insists on
    std::vector<std::string> tags;
    std::vector<std::string> properties;  // NAME=VALUE, for its executor
    std::vector<job::Id> after;           // waits for their success
    std::vector<job::Id> after_any;       // waits for their end
    std::int32_t warn_signal = 0;         // sent `warn_before` the time limit; 0: none
    Millis warn_before{0};
    std::uint32_t max_retries = 0;
    Millis retry_delay{1'000};  // before the first retry
    std::uint32_t retry_on = bit_of(job::RetryOn::failed) | bit_of(job::RetryOn::lost);

    bool operator==(const JobOptions&) const = default;
};

// A job as it was submitted, and how far it has come. A million of them may wait, in memory: what
// most have nothing of is boxed.
struct JobRow {
    job::Id id = 0;
    std::uint32_t uid = 0;
    job::Class job_class = job::Class::cpu;
    bool exclusive = false;
    std::uint32_t umask = 022;
    std::uint32_t gpu_count = 0;
    std::uint32_t cpus = 0;
    std::uint32_t array_size = 0;   // jobs of the array; 0: it is none
    std::uint32_t array_index = 0;  // its own in the array
    std::uint32_t array_limit = 0;  // jobs of the array at once; 0: all
    job::Id array = 0;              // the first job of its array; 0: it is in none
    Bytes vram;
    Bytes memory;
    CompactOptional<Millis> time_limit;
    WallTime submitted_at{};
    EnvironmentId environment = 0;  // 0: none, or scrubbed after the end
    std::uint64_t request = 0;      // what was asked for, by which its key is known again
    Text argv;                      // each argument ended by NUL
    Text cwd;
    Text name;  // empty: none
    Text key;   // empty: none; unique among the jobs of a uid
    Text pool;  // empty: none
    Boxed<JobOptions> options;
    Progress progress;

    bool operator==(const JobRow&) const = default;
};

// An environment that jobs share: each NAME=VALUE ended by NUL. Kept while a job needs it.
struct EnvironmentRow {
    EnvironmentId id = 0;
    std::string body;
    bool operator==(const EnvironmentRow&) const = default;
};

// One change at a time.
struct ProgressWrite {
    job::Id id = 0;
    Progress progress;
};
// What was submitted is changed: by its owner's wish, or because it is tried again by hand.
struct JobEdit {
    JobRow job;
};
struct EnvironmentErase {
    EnvironmentId id = 0;  // its row goes, and every job's reference to it
};
// A named value of the daemon itself, e.g. whether it is draining.
struct SettingWrite {
    std::string name;
    std::string value;
};

using QueueId = std::uint64_t;

// A queue in shared memory, as it was made. What is in it is never on disk.
struct QueueRow {
    QueueId id = 0;  // never given twice
    std::string name;
    std::uint32_t uid = 0;  // whose it is
    std::uint32_t gid = 0;
    std::uint32_t mode = 0;  // as of a file
    std::uint32_t capacity = 0;
    Bytes message_size;
    queue::WhenFull when_full = queue::WhenFull::block;
    queue::OnConsumerDeath on_consumer_death = queue::OnConsumerDeath::drop;

    bool operator==(const QueueRow&) const = default;
};
struct QueueErase {
    QueueId id = 0;
};

// These finished jobs go off the record, and all events up to this one. Their numbers stay taken.
struct Prune {
    std::vector<job::Id> jobs;
    std::uint64_t events_through = 0;
};

using Write = std::variant<JobRow, ProgressWrite, JobEdit, EnvironmentRow, EnvironmentErase,
                           job::Event, SettingWrite, QueueRow, QueueErase, Prune>;

struct Batch {
    std::vector<Write> writes;

    bool empty() const { return writes.empty(); }
    void add(Write write) { writes.push_back(std::move(write)); }
};

// A key that a finished job holds: a submit with it is that job.
struct KnownKey {
    std::uint32_t uid = 0;
    std::string key;
    job::Id id = 0;
};

// What the rules need at start beside the unfinished jobs, of which there may be many: those are
// asked for.
struct Snapshot {
    std::vector<EnvironmentRow> environments;
    std::vector<KnownKey> finished_keys;
    std::vector<SettingWrite> settings;
    std::vector<QueueRow> queues;
    QueueId last_queue = 0;
    job::Id last_job = 0;
    std::uint64_t last_event = 0;
    std::uint64_t pruned_event = 0;  // events up to this one are gone
    EnvironmentId last_environment = 0;
    std::vector<std::uint64_t> finished_by_state;  // indexed by job::State
};

// The unfinished jobs, by id, as many as one answer holds.
struct UnfinishedJobs {
    job::Id since = 0;  // jobs with a greater number
};
struct JobsById {
    std::vector<job::Id> ids;
    // Only id, uid, key, state, attempt and request are wanted.
    bool is_brief = false;
    // Of the commands in the answer, in bytes: once it is reached the others are empty.
    std::size_t command_limit = std::numeric_limits<std::size_t>::max();
};
struct JobPage {
    std::vector<job::State> states;  // empty: all
    std::optional<std::uint32_t> uid;
    std::string tag;  // empty: any
    std::uint32_t limit = 50;
    std::optional<job::Id> before;
};
// Which events somebody wants.
struct EventFilter {
    std::optional<job::Id> job;
    std::optional<std::uint32_t> uid;  // of the job
    std::vector<job::State> states;    // that they lead to; empty: all

    // Whether an event of a job of `owner` is one.
    bool takes(const job::Event& event, std::optional<std::uint32_t> owner) const {
        auto is_to = [&](job::State state) { return event.to == state; };
        return (!job || event.job == job) && (!uid || owner == uid) &&
               (states.empty() || std::ranges::any_of(states, is_to));
    }
};
struct EventPage {
    std::uint64_t since = 0;  // events with a greater seq
    EventFilter filter;
    std::uint32_t limit = 1000;
};

// What ended before this moment, the oldest jobs first, and the events of before it. What bears a
// time after `now` was written while the clock was wrong, and says nothing of what comes behind it.
struct Expired {
    WallTime before{};
    WallTime now = WallTime::max();
    job::Id since = 0;  // jobs with a greater number
    std::uint32_t limit = 200;
};

// How many finished jobs of each state there are.
struct Census {};

// Copies some more of the database into a file beside it (see copy.h). The first of a copy begins
// anew; one that is to be given up is removed.
struct CopyStep {
    enum class What : std::uint8_t { begin, go_on, give_up } what = What::go_on;
};

using Query = std::variant<UnfinishedJobs, JobsById, JobPage, EventPage, Expired, Census, CopyStep>;

struct Answer {
    // By id, descending for a page. Of what has expired only id, uid, key, state and attempt.
    std::vector<JobRow> jobs;
    std::uint64_t total = 0;         // of a page: all jobs on record
    std::vector<job::Event> events;  // by seq
    // Of what has expired: the last event of these, and from when on more of what was looked at is.
    std::uint64_t expired_event = 0;
    std::optional<WallTime> oldest_kept;
    // Of all but JobsById: the scan stopped at its budget or limit, and there may be more.
    bool is_partial = false;
    // Then the next question goes on from here: as its `before` or `since`.
    std::uint64_t next = 0;
    std::vector<std::uint64_t> finished_by_state;  // of a Census, indexed by job::State
    // Of a copy: how many pages there are, and how many of them are still to be copied.
    std::uint64_t pages = 0;
    std::uint64_t pages_left = 0;
};

// What does not fit together in a database, and what was looked at to find it.
struct Damage {
    enum class Part : std::uint8_t {
        file,
        tally,
        environment,
        job,
        events,
        queues
    } part = Part::file;
    std::uint64_t number = 0;  // of the environment or the job
    std::string detail;
};
struct Inspection {
    std::vector<Damage> damage;
    std::uint64_t jobs = 0;
    std::uint64_t environments = 0;
    std::uint64_t events = 0;
    std::vector<QueueRow> queues;  // for who knows what a queue may be
    QueueId last_queue = 0;
};

}  // namespace ccd::store
