// What the administrator asks of the daemon, and the greeting.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"

namespace ccd::admin {

// The protocol this release speaks.
inline constexpr std::uint32_t protocol_version = 1;

struct HelloRequest {
    std::uint32_t protocol = protocol_version;
    bool operator==(const HelloRequest&) const = default;
};

struct HelloReply {
    std::uint32_t protocol = 0;
    std::string version;
    std::uint32_t uid = 0;
    bool is_admin = false;
};

struct Hello {
    using Request = HelloRequest;
    using Reply = HelloReply;
    static constexpr CommandInfo info{
        .name = "admin.hello",
        .summary = "Greet the daemon and learn what it speaks and who it takes us for",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "admin hello --protocol 1",
    };
    static constexpr auto request_fields =
        field::List{field::optional("protocol", &Request::protocol, "Protocol of the client")};
    static constexpr auto reply_fields = field::List{
        field::required("protocol", &Reply::protocol, "Protocol of the daemon"),
        field::required("version", &Reply::version, "Release of the daemon"),
        field::required("uid", &Reply::uid, "User the daemon takes the client for"),
        field::required("is_admin", &Reply::is_admin, "Whether it may use admin commands"),
    };
};

struct DrainReply {
    bool draining = false;
    std::uint64_t running = 0;
    std::uint64_t queued = 0;
};

inline constexpr auto drain_reply_fields = field::List{
    field::required("draining", &DrainReply::draining, "Whether no new job is started"),
    field::required("running", &DrainReply::running, "Jobs that go on"),
    field::required("queued", &DrainReply::queued, "Jobs that wait"),
};

struct Drain {
    using Request = Nothing;
    using Reply = DrainReply;
    static constexpr CommandInfo info{
        .name = "admin.drain",
        .summary = "Start no more jobs; those that run go on",
        .effect = Effect::writes,
        .audience = Audience::admin,
        .example = "admin drain",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = drain_reply_fields;
};

struct Resume {
    using Request = Nothing;
    using Reply = DrainReply;
    static constexpr CommandInfo info{
        .name = "admin.resume",
        .summary = "Start jobs again after a drain",
        .effect = Effect::writes,
        .audience = Audience::admin,
        .example = "admin resume",
    };
    static constexpr auto request_fields = field::List{};
    static constexpr auto reply_fields = drain_reply_fields;
};

struct CheckRequest {
    bool repair = false;
    bool operator==(const CheckRequest&) const = default;
};

// Two of those that must agree do not: what is on disk, what is in memory, what runs.
struct Finding {
    std::string part;
    std::string subject;
    std::string detail;
    bool repaired = false;
    bool operator==(const Finding&) const = default;

    static constexpr auto fields = field::List{
        field::required("part", &Finding::part,
                        "database, jobs, attempts, environments, ledger, pools, counters, events, "
                        "queues or outputs"),
        field::required("subject", &Finding::subject, "What it is about"),
        field::required("detail", &Finding::detail, "What does not fit"),
        field::required("repaired", &Finding::repaired, "Whether it was put right"),
    };
};

// How far it has come, and in the last item what was found.
struct CheckReply {
    std::vector<Finding> findings;
    std::uint64_t found = 0;
    std::uint64_t repaired = 0;
    std::map<std::string, std::uint64_t> looked_at;
    std::optional<std::string> doing;
    bool done = false;
    bool operator==(const CheckReply&) const = default;
};

struct Check {
    using Request = CheckRequest;
    using Reply = CheckReply;
    static constexpr CommandInfo info{
        .name = "admin.check",
        .summary = "Compare what is on disk, in memory and running",
        .effect = Effect::writes,
        .audience = Audience::admin,
        .shape = Shape::stream,
        .example = "admin check --repair",
    };
    static constexpr auto request_fields = field::List{
        field::optional("repair", &Request::repair, "Put right what can be put right safely"),
    };
    static constexpr auto reply_fields = field::List{
        field::optional("findings", &Reply::findings, "In the last item: what does not fit"),
        field::optional("found", &Reply::found, "Findings so far; of many not all are listed"),
        field::optional("repaired", &Reply::repaired, "Of these, put right"),
        field::optional("looked_at", &Reply::looked_at, "How many of each kind were looked at"),
        field::optional("doing", &Reply::doing, "What is being looked at now"),
        field::optional("done", &Reply::done, "True in the last item"),
    };
};

}  // namespace ccd::admin
