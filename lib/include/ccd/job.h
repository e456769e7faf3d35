// Jobs: the words that programs and ccd use to speak of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"
#include "ccd/job_state.h"
#include "ccd/time.h"

namespace ccd::job {

// A job as people see it. What the caller may not see of others' jobs is absent.
struct View {
    Id id = 0;
    std::optional<std::string> name;
    std::string user;
    std::uint32_t uid = 0;
    Class job_class = Class::cpu;
    State state = State::queued;
    std::optional<std::string> reason;
    std::int32_t priority = 0;
    std::optional<std::vector<std::string>> argv;
    std::optional<std::string> cwd;
    std::vector<std::string> gpus;
    std::uint32_t gpu_count = 0;
    Bytes vram;
    std::optional<Millis> time_limit;
    std::optional<std::string> pool;
    std::optional<std::string> key;
    std::vector<std::string> tags;
    std::vector<Id> after;
    std::vector<Id> after_any;
    std::uint32_t attempt = 0;
    std::uint32_t max_retries = 0;
    WallTime submitted_at{};
    std::optional<WallTime> started_at;
    std::optional<WallTime> finished_at;
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    std::optional<End> end;
    std::optional<WallTime> due_at;
    std::optional<Id> array;
    std::optional<std::uint32_t> array_index;
    std::optional<std::uint32_t> array_limit;
    std::string host;
    bool confirmed = true;

    bool operator==(const View&) const = default;

    static constexpr auto fields = field::List{
        field::required("id", &View::id, "Number of the job, never used again"),
        field::optional("name", &View::name, "What its owner calls it"),
        field::required("user", &View::user, "Owner"),
        field::required("uid", &View::uid, "Owner's number"),
        field::required("class", &View::job_class, "training, inference or cpu"),
        field::required("state", &View::state, "Where it is in its life"),
        field::optional("reason", &View::reason, "Why it waits, or why it ended"),
        field::required("priority", &View::priority, "Smaller is more urgent"),
        field::optional("argv", &View::argv, "Program and arguments"),
        field::optional("cwd", &View::cwd, "Working directory"),
        field::optional("gpus", &View::gpus, "UUIDs of the cards it has"),
        field::optional("gpu_count", &View::gpu_count, "Cards it asked for"),
        field::optional("vram", &View::vram, "Memory it declared on each card"),
        field::optional("time_limit", &View::time_limit, "It is ended when it has run this long"),
        field::optional("pool", &View::pool, "Pool whose size it counts against"),
        field::optional("key", &View::key, "Submits with this key are the same job"),
        field::optional("tags", &View::tags, "Words to find it by"),
        field::optional("after", &View::after, "Jobs whose success it waits for"),
        field::optional("after_any", &View::after_any, "Jobs whose end it waits for"),
        field::optional("attempt", &View::attempt, "Times it was started"),
        field::optional("max_retries", &View::max_retries, "Times it may be started again"),
        field::required("submitted_at", &View::submitted_at, "When it was accepted"),
        field::optional("started_at", &View::started_at, "When its last attempt began"),
        field::optional("finished_at", &View::finished_at, "When it ended for good"),
        field::optional("exit_code", &View::exit_code, "What its program returned"),
        field::optional("signal", &View::signal, "Signal that ended it"),
        field::optional("end", &View::end, "What kind of end its last attempt had"),
        field::optional("due_at", &View::due_at, "It does not begin before this"),
        field::optional("array", &View::array, "First job of the array it is in"),
        field::optional("array_index", &View::array_index, "Its own number in the array"),
        field::optional("array_limit", &View::array_limit, "Jobs of the array at once; nil: all"),
        field::optional("host", &View::host, "Machine it belongs to; empty for this one"),
        field::optional("confirmed", &View::confirmed, "False while a change is not yet on disk"),
    };
};

struct SubmitRequest {
    std::vector<std::string> argv;
    std::optional<std::string> name;
    std::optional<Class> job_class;
    std::uint32_t gpus = 0;
    std::vector<std::string> gpu;
    Bytes vram;
    bool exclusive = false;
    std::optional<std::int32_t> priority;
    std::uint32_t cpus = 0;
    Bytes memory;
    std::optional<Millis> time_limit;
    std::optional<std::string> pool;
    std::optional<std::string> key;
    bool hold = false;
    std::vector<std::string> env;
    std::string cwd;
    std::optional<std::string> stdin_file;
    std::vector<std::string> tag;
    std::vector<std::string> property;
    std::uint32_t retries = 0;
    std::optional<Millis> retry_delay;
    std::vector<RetryOn> retry_on;
    std::vector<Id> after;
    std::vector<Id> after_any;
    std::optional<std::string> array;
    std::optional<WallTime> begin;
    std::optional<std::string> warn_signal;
    Millis warn_before{60'000};
    bool dry_run = false;
    std::uint32_t umask = 022;

    bool operator==(const SubmitRequest&) const = default;
};

struct SubmitReply {
    Id id = 0;
    bool created = true;
    std::optional<std::uint32_t> count;
    std::vector<std::string> warnings;
};

struct Submit {
    using Request = SubmitRequest;
    using Reply = SubmitReply;
    struct Local {
        bool clean_env = false;
        bool wait = false;
        bool follow = false;
        bool operator==(const Local&) const = default;
    };
    static constexpr CommandInfo info{
        .name = "job.submit",
        .summary = "Queue a command to run when there is room for it",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .example = "submit --gpus 1 --vram 8GiB --name train -- python3 train.py --epochs 3",
    };
    static constexpr auto request_fields = field::List{
        field::required("argv", &Request::argv, "Program and its arguments"),
        field::optional("name", &Request::name, "What to call it"),
        field::optional("class", &Request::job_class,
                        "training, inference or cpu; default: training with cards, else cpu"),
        field::optional("gpus", &Request::gpus, "Cards it needs"),
        field::optional("gpu", &Request::gpu, "A card it must have, by UUID or index; repeatable"),
        field::optional("vram", &Request::vram, "Memory it will use on each card"),
        field::optional("exclusive", &Request::exclusive, "Share its cards with nobody"),
        field::optional("priority", &Request::priority,
                        "Smaller is more urgent; default: that of its class"),
        field::optional("cpus", &Request::cpus,
                        "Cores it uses: counted against this machine, and under systemd its limit"),
        field::optional(
            "memory", &Request::memory,
            "Memory it uses: counted against this machine, and under systemd its limit"),
        field::optional("time_limit", &Request::time_limit, "End it when it has run this long"),
        field::optional("pool", &Request::pool, "Pool whose size it counts against"),
        field::optional("key", &Request::key, "A second submit with this key is the same job"),
        field::optional("hold", &Request::hold, "Do not start it until it is released"),
        field::optional("env", &Request::env, "NAME=VALUE for its environment; repeatable"),
        field::filled_in("cwd", &Request::cwd,
                         "Working directory, an absolute path; ccctl's default: its own"),
        field::optional("stdin", &Request::stdin_file,
                        "File to read as standard input, an absolute path; ccctl completes it"),
        field::optional("tag", &Request::tag, "A word to find it by; repeatable"),
        field::optional("property", &Request::property,
                        "NAME=VALUE for its systemd unit, as CPUWeight=50; repeatable"),
        field::optional("retries", &Request::retries,
                        "How often to try again after an end of --retry-on"),
        field::optional("retry_delay", &Request::retry_delay,
                        "Before the first retry, doubled each time; default: 1s"),
        field::optional("retry_on", &Request::retry_on,
                        "Ends to try again after; default: failed,lost"),
        field::optional("after", &Request::after, "Jobs that must succeed before it starts"),
        field::optional("after_any", &Request::after_any, "Jobs that must end before it starts"),
        field::optional("array", &Request::array,
                        "FIRST-LAST: a job for each, at most 10,000; with %LIMIT, so many at once"),
        field::optional("begin", &Request::begin,
                        "Do not start it before this time, or +D from now"),
        field::optional("warn_signal", &Request::warn_signal,
                        "Signal to send before its time limit is over, as USR1"),
        field::optional("warn_before", &Request::warn_before, "How long before; default: 1m"),
        field::optional("dry_run", &Request::dry_run, "Only say whether it would be taken"),
        field::unseen("umask", &Request::umask, "File mode mask of the submitter"),
    };
    static constexpr auto local_fields = field::List{
        field::optional("clean_env", &Local::clean_env, "Pass only what --env gives"),
        field::optional("wait", &Local::wait, "Wait for its end and pass its exit code on"),
        field::optional("follow", &Local::follow, "Show its output, then as --wait"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("id", &Reply::id, "Number of the job"),
        field::required("created", &Reply::created, "False if the key was known already"),
        field::optional("count", &Reply::count,
                        "Of an array: how many jobs it has, numbered from id on"),
        field::optional("warnings", &Reply::warnings, "What the submitter may want to know"),
    };
};

// Jobs by number: the request of the verbs that act on some.
struct IdsRequest {
    std::vector<Id> ids;
    bool operator==(const IdsRequest&) const = default;
};

struct JobsReply {
    std::vector<View> jobs;
};

inline constexpr auto jobs_reply_fields = field::List{
    field::required("jobs", &JobsReply::jobs, "The jobs as they are now"),
};

// Some of many jobs.
struct PageReply {
    std::vector<View> jobs;
    std::uint64_t total = 0;
};

struct Status {
    using Request = IdsRequest;
    using Reply = PageReply;
    static constexpr CommandInfo info{
        .name = "job.status",
        .summary = "Show jobs; without numbers, all that are not finished",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "status 17 18",
    };
    static constexpr auto request_fields =
        field::List{field::operands("ids", &Request::ids, "Jobs to show")};
    static constexpr auto reply_fields = field::List{
        field::required("jobs", &Reply::jobs, "The jobs, those that are alive first"),
        field::required("total", &Reply::total, "How many there are; not all may be shown"),
    };
};

struct ListRequest {
    std::vector<State> state;
    std::optional<std::string> user;
    std::optional<std::string> tag;
    std::uint32_t limit = 50;
    std::optional<Id> before;
    bool operator==(const ListRequest&) const = default;
};

struct List {
    using Request = ListRequest;
    using Reply = PageReply;
    static constexpr CommandInfo info{
        .name = "job.list",
        .summary = "List jobs, the newest first, finished ones too",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "list --state failed,lost --limit 20",
    };
    static constexpr auto request_fields = field::List{
        field::optional("state", &Request::state, "Only these states"),
        field::optional("user", &Request::user, "Only this user's, by name or number"),
        field::optional("tag", &Request::tag, "Only those with this tag"),
        field::optional("limit", &Request::limit, "At most this many"),
        field::optional("before", &Request::before, "Only jobs older than this number"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("jobs", &Reply::jobs, "One page of jobs"),
        field::required("total", &Reply::total, "Jobs on record, of all states and users"),
    };
};

struct LogsRequest {
    Id id = 0;
    std::optional<std::uint32_t> attempt;
    bool operator==(const LogsRequest&) const = default;
};

// Comes with one read-only descriptor of the output file.
struct LogsReply {
    Id id = 0;
    std::uint32_t attempt = 0;
    State state = State::queued;
    Bytes size;
};

struct Logs {
    using Request = LogsRequest;
    using Reply = LogsReply;
    struct Local {
        bool follow = false;
        std::optional<std::uint64_t> tail;
        bool operator==(const Local&) const = default;
    };
    static constexpr CommandInfo info{
        .name = "job.logs",
        .summary = "Show what a job has printed",
        .effect = Effect::reads,
        .audience = Audience::owner,
        .example = "logs 17 --follow",
    };
    static constexpr auto request_fields = field::List{
        field::required("id", &Request::id, "Job"),
        field::optional("attempt", &Request::attempt, "Which attempt; default: the last"),
    };
    static constexpr auto local_fields = field::List{
        field::optional("follow", &Local::follow, "Go on until the job has ended"),
        field::optional("tail", &Local::tail, "Only the last lines"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("id", &Reply::id, "Job"),
        field::required("attempt", &Reply::attempt, "Attempt that wrote it"),
        field::required("state", &Reply::state, "Where the job is now"),
        field::required("size", &Reply::size, "Length of the output so far"),
    };
};

struct WaitRequest {
    std::vector<Id> ids;
    bool any = false;
    bool operator==(const WaitRequest&) const = default;
};

struct Wait {
    using Request = WaitRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.wait",
        .summary = "Wait until jobs have ended; for one job, pass its exit code on",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "wait 17 18 --any",
    };
    static constexpr auto request_fields = field::List{
        field::required("ids", &Request::ids, "Jobs to wait for"),
        field::optional("any", &Request::any, "Until one of them has ended"),
    };
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct WhyRequest {
    Id id = 0;
    bool operator==(const WhyRequest&) const = default;
};

// One thing that keeps a job from starting.
struct Blocker {
    // held, back-off, dependency, begin, drained, storage, executor, pool, array, slots, cpus,
    // memory, gpu, reservation
    std::string kind;
    std::string message;  // the arithmetic
    bool operator==(const Blocker&) const = default;

    static constexpr auto fields = field::List{
        field::required("kind", &Blocker::kind, "What is short"),
        field::required("message", &Blocker::message, "The arithmetic"),
    };
};

struct WhyReply {
    Id id = 0;
    State state = State::queued;
    std::optional<std::string> reason;
    std::vector<Blocker> blockers;
    std::optional<std::uint64_t> position;
    std::optional<Millis> estimate;
};

struct Why {
    using Request = WhyRequest;
    using Reply = WhyReply;
    static constexpr CommandInfo info{
        .name = "job.why",
        .summary = "Say why a job waits, or why it ended",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "why 17",
    };
    static constexpr auto request_fields =
        field::List{field::required("id", &Request::id, "Job to explain")};
    static constexpr auto reply_fields = field::List{
        field::required("id", &Reply::id, "Job"),
        field::required("state", &Reply::state, "Where it is in its life"),
        field::optional("reason", &Reply::reason, "The most important one, as in status"),
        field::optional("blockers", &Reply::blockers, "Everything that keeps it from starting"),
        field::optional("position", &Reply::position, "Place among the waiting jobs, from 1"),
        field::optional("estimate", &Reply::estimate, "When it should start, if that is known"),
    };
};

struct EventsRequest {
    std::optional<std::uint64_t> since;
    std::optional<Id> job;
    std::optional<std::string> user;
    std::vector<State> state;
    bool operator==(const EventsRequest&) const = default;
};

// One transition of one job. Without a job it is a heartbeat; with `gap`, the events up to `seq`
// that this subscriber asked for cannot be given any more.
struct Event {
    std::uint64_t seq = 0;
    WallTime time{};
    std::optional<Id> job;
    std::optional<State> from;
    std::optional<State> to;
    std::optional<std::uint32_t> attempt;
    std::optional<std::string> reason;
    bool gap = false;

    bool operator==(const Event&) const = default;
};

struct Events {
    using Request = EventsRequest;
    using Reply = Event;
    static constexpr CommandInfo info{
        .name = "job.events",
        .summary = "Follow what happens to jobs",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .shape = Shape::stream,
        .example = "events --since 1200 --state failed,lost",
    };
    static constexpr auto request_fields = field::List{
        field::optional("since", &Request::since, "Begin after this number; default: now"),
        field::optional("job", &Request::job, "Only this job's"),
        field::optional("user", &Request::user, "Only of this user's jobs, by name or number"),
        field::optional("state", &Request::state, "Only those that lead to these states"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("seq", &Reply::seq, "Number of the event; grows for ever"),
        field::required("time", &Reply::time, "When it happened"),
        field::optional("job", &Reply::job, "Job; absent in a heartbeat"),
        field::optional("from", &Reply::from, "State before; absent at the submit"),
        field::optional("to", &Reply::to, "State after"),
        field::optional("attempt", &Reply::attempt, "Attempt it belongs to"),
        field::optional("reason", &Reply::reason, "Why"),
        field::optional("gap", &Reply::gap, "True where events up to seq are missing"),
    };
};

}  // namespace ccd::job
