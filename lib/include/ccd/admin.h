// What the administrator asks of the daemon, and the greeting.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

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
        std::tuple{field::optional("protocol", &Request::protocol, "Protocol of the client")};
    static constexpr auto reply_fields = std::tuple{
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

inline constexpr auto drain_reply_fields = std::tuple{
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
    static constexpr auto request_fields = std::tuple{};
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
    static constexpr auto request_fields = std::tuple{};
    static constexpr auto reply_fields = drain_reply_fields;
};

}  // namespace ccd::admin
