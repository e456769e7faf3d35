// A queue of the daemon's, used from this process: messages go through shared memory.
//
//     auto frames = CCD_TRY(client::SharedQueue::open(client, "frames", queue::Use::both));
//     CCD_TRY(frames.put(bytes, 1s));
//
// The daemon is needed to open, and is told of the closing. In between nothing waits for it, and
// nothing makes a system call while there is room, and something to get.
//
// What fails, of all that puts or gets:
//   bad_request  too long for the queue, a room that is too small, a token that is no longer good;
//                or the queue was closed here, or opened before a fork by another process
//   denied       the queue was not opened for that
//   timeout      no room, or nothing to get, within the time
//   over_limit   no room, in a queue that fails when it is full; or in one that drops its oldest
//                message, where there is none to drop: all are written or read in place
//   not_found    the queue was destroyed; what was in line has been got by then
//   internal     somebody has spoilt the queue's memory
//
// Owner: whoever opened it, in the process that did. One thread at a time; threads that want to
// use a queue at once open it once each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ccd/queue.h"
#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "lib/client/client.h"
#include "lib/client/process.h"
#include "lib/shm/attachment.h"

namespace ccd::client {

// How long to wait; none: for ever; zero: not at all.
using Patience = std::optional<std::chrono::nanoseconds>;

// A place for a message, to be written into; nobody sees it until it is committed.
struct Reservation {
    std::span<std::byte> room;
    std::uint64_t token = 0;
};

// A message in the queue's memory, this user's until he acknowledges it or puts it back. Who can
// put may still change it if he means harm: what must hold is to be checked on a copy.
struct MessageView {
    std::span<const std::byte> bytes;
    std::uint32_t deliveries = 0;  // before this one, to who died or put it back
    std::uint64_t token = 0;
};

// Room for a message that is got, and how much of it was filled.
struct Filled {
    std::span<std::byte> room;
    std::size_t size = 0;
};

// The message of a batch that has this index.
using MessageAt = std::function<std::span<const std::byte>(std::size_t)>;

class SharedQueue {
public:
    // As the daemon refuses, or as a segment that is not what it should be. A daemon that answers
    // too late is told by `client`, once that hears of it, that nobody uses the queue by that.
    static Result<SharedQueue> open(Client& client, const std::string& name, queue::Use use);

    // By what the daemon gave: control, payload, and the ends of a pair of sockets that are
    // readable when there may be a message, and when there may be room.
    static Result<SharedQueue> adopt(const std::string& name, queue::Use use,
                                     const queue::AttachReply& reply,
                                     std::vector<UniqueFd> descriptors);

    // Gives back all that this user has of it, and tells the daemon, without waiting for what that
    // says; if it is away it will learn that when this process is gone. What was not acknowledged
    // counts as of one who died. Without this, a queue that goes away is left open at the daemon.
    void close(Client& client);

    Result<void> put(std::span<const std::byte> bytes, Patience patience);

    // How many were put: all, or as many as could be in that time. An error: none.
    Result<std::size_t> put_many(std::span<const std::span<const std::byte>> messages,
                                 Patience patience);
    Result<std::size_t> put_many(std::size_t count, const MessageAt& message_at, Patience patience);

    // The size of the message. Any message must fit: room.size() >= message_size().
    Result<std::size_t> get(std::span<std::byte> room, Patience patience);

    // Waits for the first only; how many were got. An error: none. Each room as for `get`.
    Result<std::size_t> get_many(std::span<Filled> rooms, Patience patience);

    // In place. There may be several of each at a time, which the others have to do without.
    Result<Reservation> reserve(std::size_t size, Patience patience);
    Result<void> commit(const Reservation& reservation, std::size_t size);
    Result<void> abandon(const Reservation& reservation);
    Result<MessageView> peek(Patience patience);
    Result<void> acknowledge(const MessageView& message);
    // For others, or for later: it is the newest in line.
    Result<void> put_back(const MessageView& message);

    // For poll loops: whoever polls a descriptor for reading arms it each time before, and tries
    // without waiting after; it is readable when there may be something, for all who poll it.
    Result<void> arm_message();
    Result<void> arm_room();
    int message_descriptor() const { return message_event_.get(); }
    int room_descriptor() const { return room_event_.get(); }

    // False: it is closed, or another process's.
    bool is_open() const;

    // Messages in line, about: others put and get meanwhile.
    Result<std::uint64_t> depth();

    const std::string& name() const { return name_; }
    std::uint32_t capacity() const { return shape_.capacity; }
    std::uint32_t message_size() const { return shape_.message_size; }
    queue::WhenFull when_full() const { return when_full_; }

private:
    class Wait;
    struct Attached {
        Attached(shm::Attachment taken, shm::ClientId me, shm::Events events)
            : attachment(std::move(taken)),
              queue(attachment.geometry(), attachment.memory(), me, events) {}

        const std::uint32_t born = lineage();
        shm::Attachment attachment;
        shm::Queue<shm::Hardware> queue;
    };
    struct Release {
        void operator()(Attached* attached) const;
    };

    SharedQueue() = default;

    bool may(queue::Use wanted) const;
    tl::unexpected<Error> refusal() const;  // REQUIRES: it may not
    tl::unexpected<Error> refusal(shm::Status status, queue::Use what) const;
    tl::unexpected<Error> too_long(std::size_t size) const;
    Result<void> check_room(std::size_t size) const;

    shm::Status claim(std::uint32_t size, Wait& wait, shm::ChunkId& chunk);
    shm::Status put_one(std::span<const std::byte> bytes, Wait& wait);
    shm::Status take(Wait& wait, shm::Taken& taken);
    std::size_t copy_out(const shm::Taken& taken, std::span<std::byte> room);

    bool is_reserved(const Reservation& reservation) const;
    Result<shm::Taken> held(const MessageView& message) const;

    std::string name_;
    // What is told most often, by who looks again and again.
    std::string no_message_;
    std::string no_room_;
    queue::Use use_ = queue::Use::both;
    queue::WhenFull when_full_ = queue::WhenFull::block;
    shm::QueueShape shape_;
    std::uint64_t number_ = 0;  // of the queue
    shm::ClientId me_ = 0;
    shm::Ticket newest_ = 0;  // of all that were peeked
    UniqueFd message_event_;
    UniqueFd room_event_;
    std::unique_ptr<Attached, Release> attached_;  // none: closed
};

}  // namespace ccd::client
