// queue.*: queues of messages in shared memory.
//
// The daemon makes them, says who may use them, and gives back what the dead had. Messages never
// pass through it: who is attached puts and takes them in memory. See docs/queues.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"
#include "ccd/time.h"

namespace ccd::queue {

// What a put does when there is no room.
enum class WhenFull : std::uint8_t { block, fail, drop_oldest };

constexpr auto enumerators(WhenFull) {
    return std::array{
        Enumerator{WhenFull::block, "block"},
        Enumerator{WhenFull::fail, "fail"},
        Enumerator{WhenFull::drop_oldest, "drop-oldest"},
    };
}

// What becomes of a message whose consumer has died before it was done with it.
enum class OnConsumerDeath : std::uint8_t { drop, redeliver };

constexpr auto enumerators(OnConsumerDeath) {
    return std::array{
        Enumerator{OnConsumerDeath::drop, "drop"},
        Enumerator{OnConsumerDeath::redeliver, "redeliver"},
    };
}

// What somebody attaches for. Who only gets cannot write into the messages.
enum class Use : std::uint8_t { put, get, both };

constexpr auto enumerators(Use) {
    return std::array{
        Enumerator{Use::put, "put"},
        Enumerator{Use::get, "get"},
        Enumerator{Use::both, "both"},
    };
}

struct CreateRequest {
    std::string name;
    std::uint32_t capacity = 0;
    Bytes message_size;
    WhenFull when_full = WhenFull::block;
    OnConsumerDeath on_consumer_death = OnConsumerDeath::drop;
    std::string mode = "0660";
    bool operator==(const CreateRequest&) const = default;
};

struct CreateReply {
    std::string name;
    bool created = false;
};

struct Create {
    using Request = CreateRequest;
    using Reply = CreateReply;
    static constexpr CommandInfo info{
        .name = "queue.create",
        .summary = "Make a queue in shared memory, or find that it is there in the same shape",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .example = "queue create frames --capacity 1024 --message-size 64KiB",
    };
    static constexpr auto request_fields = field::List{
        field::required("name", &Request::name, "Name of the queue"),
        field::named("capacity", &Request::capacity, "Messages that may be in line"),
        field::named("message_size", &Request::message_size, "Size of the largest message"),
        field::optional("when_full", &Request::when_full,
                        "What a put does when there is no room; default: block"),
        field::optional("on_consumer_death", &Request::on_consumer_death,
                        "What becomes of a message whose consumer dies; default: drop"),
        field::optional("mode", &Request::mode,
                        "Who may use it, as of a file: r to get, w to put; default: 0660"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("name", &Reply::name, "Name of the queue"),
        field::required("created", &Reply::created, "False: it was there already"),
    };
};

// A process that uses a queue; once for each time that it attached.
struct Attached {
    std::int32_t pid = 0;
    std::uint32_t uid = 0;
    bool operator==(const Attached&) const = default;

    static constexpr auto fields = field::List{
        field::required("pid", &Attached::pid, "Process"),
        field::required("uid", &Attached::uid, "Its user"),
    };
};

struct View {
    std::string name;
    std::uint32_t uid = 0;
    std::string user;
    std::string mode;
    std::uint32_t capacity = 0;
    Bytes message_size;
    WhenFull when_full = WhenFull::block;
    OnConsumerDeath on_consumer_death = OnConsumerDeath::drop;
    std::uint64_t depth = 0;
    std::uint64_t put = 0;
    std::uint64_t got = 0;
    std::uint64_t dropped = 0;
    std::uint64_t lost = 0;
    std::uint64_t redelivered = 0;
    std::vector<Attached> attached;
    Bytes memory;

    static constexpr auto fields = field::List{
        field::required("name", &View::name, "Name of the queue"),
        field::required("uid", &View::uid, "Whose it is"),
        field::required("user", &View::user, "The same, by name where that is known"),
        field::required("mode", &View::mode, "Who may use it, as of a file"),
        field::required("capacity", &View::capacity, "Messages that may be in line"),
        field::required("message_size", &View::message_size, "Size of the largest message"),
        field::required("when_full", &View::when_full, "What a put does when there is no room"),
        field::required("on_consumer_death", &View::on_consumer_death,
                        "What becomes of a message whose consumer dies"),
        field::required("depth", &View::depth, "Messages in line"),
        field::required("put", &View::put, "Messages put so far"),
        field::required("got", &View::got, "Messages that consumers took so far"),
        field::required("dropped", &View::dropped, "Messages overwritten because it was full"),
        field::required("lost", &View::lost, "Messages that went with their consumers"),
        field::required("redelivered", &View::redelivered, "Messages put in line again"),
        field::required("attached", &View::attached, "Who uses it"),
        field::required("memory", &View::memory, "Memory of the queue"),
    };
};

// Queues in one reply at most. ccctl asks until it has all.
inline constexpr std::uint32_t page_limit = 256;

struct ListRequest {
    std::optional<std::uint32_t> limit;
    std::string after;
    bool operator==(const ListRequest&) const = default;
};

struct ListReply {
    std::vector<View> queues;
};

struct List {
    using Request = ListRequest;
    using Reply = ListReply;
    static constexpr CommandInfo info{
        .name = "queue.list",
        .summary = "Show the queues that you may use",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "queue list",
    };
    static constexpr auto request_fields = field::List{
        field::optional("limit", &Request::limit, "At most this many; a reply holds 256"),
        field::optional("after", &Request::after, "Only those whose names come after this one"),
    };
    static constexpr auto reply_fields = field::List{
        field::required("queues", &Reply::queues, "By name; fewer than asked for: that was all")};
};

struct NameRequest {
    std::string name;
    bool operator==(const NameRequest&) const = default;
};

struct Stat {
    using Request = NameRequest;
    using Reply = View;
    static constexpr CommandInfo info{
        .name = "queue.stat",
        .summary = "Show all of a queue: its shape, its figures, and who uses it",
        .effect = Effect::reads,
        .audience = Audience::anyone,
        .example = "queue stat frames",
    };
    static constexpr auto request_fields =
        field::List{field::required("name", &Request::name, "Name of the queue")};
    static constexpr auto reply_fields = View::fields;
};

struct DestroyReply {
    std::string name;
    std::uint64_t attached = 0;
};

struct Destroy {
    using Request = NameRequest;
    using Reply = DestroyReply;
    static constexpr CommandInfo info{
        .name = "queue.destroy",
        .summary = "Close a queue for good; who uses it may still take what is in line",
        .effect = Effect::writes,
        .audience = Audience::owner,
        .example = "queue destroy frames",
    };
    static constexpr auto request_fields =
        field::List{field::required("name", &Request::name, "Name of the queue")};
    static constexpr auto reply_fields = field::List{
        field::required("name", &Reply::name, "Name of the queue"),
        field::required("attached", &Reply::attached, "How many used it"),
    };
};

struct AttachRequest {
    std::string name;
    Use use = Use::both;
    bool operator==(const AttachRequest&) const = default;
};

struct AttachReply {
    std::uint64_t queue = 0;
    std::uint32_t client = 0;
    std::uint32_t capacity = 0;
    Bytes message_size;
    WhenFull when_full = WhenFull::block;
};

struct Attach {
    using Request = AttachRequest;
    using Reply = AttachReply;
    static constexpr CommandInfo info{
        .name = "queue.attach",
        .summary = "Use a queue: with a pidfd of the caller; the reply comes with its memory",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .is_for_programs = true,
        .example = "queue attach frames --use get",
    };
    static constexpr auto request_fields = field::List{
        field::required("name", &Request::name, "Name of the queue"),
        field::optional("use", &Request::use, "What for; default: both"),
    };
    // Descriptors: control, payload, and the two ends of a pair of sockets, of which the first is
    // readable when there may be a message and the second when there may be room.
    static constexpr auto reply_fields = field::List{
        field::required("queue", &Reply::queue, "Number of the queue, which no other ever has"),
        field::required("client", &Reply::client, "Number of the caller in the queue's memory"),
        field::required("capacity", &Reply::capacity, "Messages that may be in line"),
        field::required("message_size", &Reply::message_size, "Size of the largest message"),
        field::required("when_full", &Reply::when_full, "What a put does when there is no room"),
    };
};

struct DetachRequest {
    std::uint64_t queue = 0;
    std::uint32_t client = 0;
    bool operator==(const DetachRequest&) const = default;
};

struct Detach {
    using Request = DetachRequest;
    using Reply = Nothing;
    static constexpr CommandInfo info{
        .name = "queue.detach",
        .summary = "Stop using a queue: what the caller still had of it is given back",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .is_for_programs = true,
        .example = "queue detach 7 --client 1",
    };
    static constexpr auto request_fields = field::List{
        field::required("queue", &Request::queue, "Number of the queue, as attach gave it"),
        field::named("client", &Request::client, "Number that attach gave"),
    };
    static constexpr auto reply_fields = field::List{};
};

// What ccctl carries out in the queue's memory.
struct PutRequest {
    std::string name;
    std::vector<std::string> data;
    bool lines = false;
    bool operator==(const PutRequest&) const = default;
};

struct PutReply {
    std::uint64_t put = 0;
};

struct Put {
    using Request = PutRequest;
    using Reply = PutReply;
    static constexpr CommandInfo info{
        .name = "queue.put",
        .summary = "Put messages: the words given, or what standard input has",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .shape = Shape::local,
        .example = "queue put frames hello",
    };
    static constexpr auto request_fields = field::List{
        field::required("name", &Request::name, "Name of the queue"),
        field::operands("data", &Request::data, "Messages; - or none: standard input"),
        field::optional("lines", &Request::lines, "A message for each line of standard input"),
    };
    static constexpr auto reply_fields =
        field::List{field::required("put", &Reply::put, "Messages that were put")};
};

struct GetRequest {
    std::string name;
    std::uint64_t count = 1;
    bool lines = false;
    bool operator==(const GetRequest&) const = default;
};

struct GetReply {
    std::vector<Blob> messages;
};

struct Get {
    using Request = GetRequest;
    using Reply = GetReply;
    static constexpr CommandInfo info{
        .name = "queue.get",
        .summary = "Take messages and print them as they are",
        .effect = Effect::writes,
        .audience = Audience::anyone,
        .shape = Shape::local,
        .example = "queue get frames --count 10 --lines",
    };
    static constexpr auto request_fields = field::List{
        field::required("name", &Request::name, "Name of the queue"),
        field::optional("count", &Request::count, "How many; 0: without end; default: 1"),
        field::optional("lines", &Request::lines, "End each with a line break"),
    };
    static constexpr auto reply_fields =
        field::List{field::required("messages", &Reply::messages, "Messages, in order")};
};

}  // namespace ccd::queue
