// Jobs that are there already: the commands that change them.
#pragma once

#include "ccd/job.h"

namespace ccd::job {

struct CancelRequest {
    std::vector<Id> ids;
    std::optional<std::string> reason;
    bool operator==(const CancelRequest&) const = default;
};

struct Cancel {
    using Request = CancelRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.cancel",
        .summary = "End jobs, with all their processes",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "cancel 17 --reason 'wrong data set'",
    };
    static constexpr auto request_fields = field::List{
        field::required("ids", &Request::ids, "Jobs to end"),
        field::optional("reason", &Request::reason, "Why, for the record"),
    };
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct Hold {
    using Request = IdsRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.hold",
        .summary = "Keep waiting jobs from starting",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "hold 17",
    };
    static constexpr auto request_fields =
        field::List{field::required("ids", &Request::ids, "Jobs to hold")};
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct Release {
    using Request = IdsRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.release",
        .summary = "Let held jobs start again",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "release 17",
    };
    static constexpr auto request_fields =
        field::List{field::required("ids", &Request::ids, "Jobs to release")};
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct SignalRequest {
    Id id = 0;
    std::string signal;
    bool operator==(const SignalRequest&) const = default;
};

struct Signal {
    using Request = SignalRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.signal",
        .summary = "Send a signal to all processes of a running job",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "signal 17 USR1",
    };
    static constexpr auto request_fields = field::List{
        field::required("id", &Request::id, "Job"),
        field::required("signal", &Request::signal, "Its name or number, as USR1, SIGUSR1 or 10"),
    };
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct RetryRequest {
    std::vector<Id> ids;
    std::vector<std::string> env;
    bool operator==(const RetryRequest&) const = default;
};

struct Retry {
    using Request = RetryRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.retry",
        .summary = "Queue jobs again that have ended, in the environment of who asks for his own",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "retry 17",
    };
    static constexpr auto request_fields = field::List{
        field::required("ids", &Request::ids, "Jobs to try again"),
        field::unseen("env", &Request::env,
                      "NAME=VALUE for the environment; not used for jobs of another user"),
    };
    static constexpr auto reply_fields = jobs_reply_fields;
};

struct SetRequest {
    Id id = 0;
    std::optional<std::int32_t> priority;
    std::optional<Millis> time_limit;
    std::optional<std::string> name;
    std::optional<std::uint32_t> gpus;
    std::optional<Bytes> vram;
    std::optional<std::uint32_t> cpus;
    std::optional<Bytes> memory;
    std::optional<std::uint32_t> retries;
    std::optional<WallTime> begin;
    bool operator==(const SetRequest&) const = default;
};

struct Set {
    using Request = SetRequest;
    using Reply = JobsReply;
    static constexpr CommandInfo info{
        .name = "job.set",
        .summary = "Change a job that waits",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "set 17 --priority 2 --time-limit 4h",
    };
    static constexpr auto request_fields = field::List{
        field::required("id", &Request::id, "Job"),
        field::optional("priority", &Request::priority, "Smaller is more urgent"),
        field::optional("time_limit", &Request::time_limit, "End it when it has run this long"),
        field::optional("name", &Request::name, "What to call it"),
        field::optional("gpus", &Request::gpus, "Cards it needs"),
        field::optional("vram", &Request::vram, "Memory it will use on each card"),
        field::optional("cpus", &Request::cpus, "Cores it uses"),
        field::optional("memory", &Request::memory, "Memory it uses"),
        field::optional("retries", &Request::retries, "How often to try again"),
        field::optional("begin", &Request::begin,
                        "Do not start it before this time, or +D from now"),
    };
    static constexpr auto reply_fields = jobs_reply_fields;
};

}  // namespace ccd::job
