#include "lib/client/shared_queue.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace ccd::client {
namespace {

using queue::Use;
using queue::WhenFull;
using shm::Status;

constexpr std::size_t descriptors_of_a_queue = 4;

// A token is the ticket of the message, or the number of the reservation, as much of it as there is
// room for, and the chunk.
constexpr shm::Ticket told_of_ticket = (shm::Ticket{1} << (64 - shm::chunk_bits)) - 1;

constexpr std::uint64_t token_of(shm::Ticket ticket, shm::ChunkId chunk) {
    return ticket << shm::chunk_bits | chunk;
}
constexpr shm::ChunkId chunk_of(std::uint64_t token) {
    return static_cast<shm::ChunkId>(token & ((1U << shm::chunk_bits) - 1));
}

// A few times at most: another may be sending without end. What is left of that makes who polls
// look once more than he had to.
void clear(const UniqueFd& event) {
    std::array<char, 256> bytes;
    for (int tries = 0; tries < 4; ++tries) {
        const auto size = ::recv(event.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (size < static_cast<ssize_t>(bytes.size())) return;
    }
}

// The daemon counts this process among the queue's users until it is told, or the process is gone.
void leave(Client& client, std::uint64_t queue, std::uint32_t number) {
    [[maybe_unused]] auto told = client.tell<queue::Detach>({.queue = queue, .client = number});
}

void leave_late(Client& client, const queue::AttachReply& reply) {
    client.drop_descriptors(descriptors_of_a_queue);
    leave(client, reply.queue, reply.client);
}

Result<shm::QueueShape> shape_of(const queue::AttachReply& reply) {
    const bool fits = reply.message_size.count <= shm::message_limit &&
                      reply.client > shm::the_daemon && reply.client <= shm::client_limit;
    const shm::QueueShape shape{
        .capacity = reply.capacity,
        .message_size = fits ? static_cast<std::uint32_t>(reply.message_size.count) : 0};
    if (!is_possible(shape))
        return failure(Errc::internal, "the daemon's queue has a shape that ccd " CCD_VERSION
                                       " does not know, perhaps it is another release");
    return shape;
}

}  // namespace

// A deadline that is computed when it is first needed: a clock costs as much as a message.
class SharedQueue::Wait {
public:
    explicit Wait(Patience patience) : patience_(patience) {}

    bool is_endless() const { return !patience_; }
    bool is_none() const { return patience_ && *patience_ <= std::chrono::nanoseconds{0}; }

    // REQUIRES: it is not endless.
    Time deadline() {
        if (!deadline_) {
            const Time now = shm::Hardware::now();
            const auto length = std::chrono::ceil<Micros>(*patience_);
            deadline_ = length < Time::max() - now ? now + length : Time::max();
        }
        return *deadline_;
    }

private:
    const Patience patience_;
    std::optional<Time> deadline_;
};

// A child has the object and not the memory: what stands at its addresses is somebody else's. So
// there it is neither written to nor unmapped.
void SharedQueue::Release::operator()(Attached* attached) const {
    if (attached->born == lineage())
        delete attached;
    else
        ::operator delete(attached);
}

Result<SharedQueue> SharedQueue::open(Client& client, const std::string& name, Use use) {
    const UniqueFd me{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    if (!me)
        return failure(Errc::internal,
                       "this process has no pidfd: " + std::string{::strerrordesc_np(errno)});
    const auto reply =
        CCD_TRY(client.call<queue::Attach>({.name = name, .use = use}, me, &leave_late));
    auto opened = adopt(name, use, reply, client.take_descriptors());
    if (!opened) leave(client, reply.queue, reply.client);
    return opened;
}

Result<SharedQueue> SharedQueue::adopt(const std::string& name, Use use,
                                       const queue::AttachReply& reply,
                                       std::vector<UniqueFd> descriptors) {
    watch_forks();
    SharedQueue made;
    made.shape_ = CCD_TRY(shape_of(reply));
    if (descriptors.size() != descriptors_of_a_queue)
        return failure(Errc::internal, "queue '" + name + "' came with " +
                                           std::to_string(descriptors.size()) +
                                           " descriptors in place of 4: open it again");
    made.name_ = name;
    made.no_message_ = "queue '" + name + "' had no message within the time";
    made.no_room_ = "queue '" + name + "' had no room within the time";
    made.use_ = use;
    made.when_full_ = reply.when_full;
    made.number_ = reply.queue;
    made.me_ = static_cast<shm::ClientId>(reply.client);

    const auto memory = CCD_TRY(
        shm::adopt_queue(std::move(descriptors[0]), std::move(descriptors[1]), made.shape_));
    made.message_event_ = std::move(descriptors[2]);
    made.room_event_ = std::move(descriptors[3]);
    const auto role =
        use == Use::get ? shm::Attachment::Role::consumer : shm::Attachment::Role::producer;
    auto attachment = CCD_TRY(shm::Attachment::open(memory, made.shape_, role));
    const shm::Events events{.message = made.message_event_.get(), .room = made.room_event_.get()};
    made.attached_.reset(new Attached{std::move(attachment), made.me_, events});
    return made;
}

void SharedQueue::close(Client& client) {
    const bool is_mine = is_open();
    attached_.reset();
    message_event_.reset();
    room_event_.reset();
    // The parent's number is not the child's to give back.
    if (!is_mine || !client.is_connected()) return;
    leave(client, number_, me_);
}

Result<void> SharedQueue::put(std::span<const std::byte> bytes, Patience patience) {
    if (!may(Use::put)) return refusal();
    if (bytes.size() > message_size()) return too_long(bytes.size());
    Wait wait{patience};
    const Status status = put_one(bytes, wait);
    if (status != Status::done) return refusal(status, Use::put);
    return {};
}

Result<std::size_t> SharedQueue::put_many(std::span<const std::span<const std::byte>> messages,
                                          Patience patience) {
    return put_many(
        messages.size(), [messages](std::size_t i) { return messages[i]; }, patience);
}

Result<std::size_t> SharedQueue::put_many(std::size_t count, const MessageAt& message_at,
                                          Patience patience) {
    if (!may(Use::put)) return refusal();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = message_at(i).size();
        if (size > message_size()) return too_long(size);
    }
    Wait wait{patience};
    std::size_t put = 0;
    for (; put < count; ++put) {
        const Status status = put_one(message_at(put), wait);
        if (status == Status::done) continue;
        if (put == 0) return refusal(status, Use::put);
        break;
    }
    return put;
}

Result<std::size_t> SharedQueue::get(std::span<std::byte> room, Patience patience) {
    if (!may(Use::get)) return refusal();
    if (room.size() < message_size()) [[unlikely]]
        CCD_TRY(check_room(room.size()));
    Wait wait{patience};
    shm::Taken taken;
    const Status status = take(wait, taken);
    if (status != Status::done) return refusal(status, Use::get);
    return copy_out(taken, room);
}

Result<std::size_t> SharedQueue::get_many(std::span<Filled> rooms, Patience patience) {
    if (!may(Use::get)) return refusal();
    for (const auto& place : rooms) CCD_TRY(check_room(place.room.size()));
    if (rooms.empty()) return std::size_t{0};
    Wait wait{patience};
    shm::Taken taken;
    const Status status = take(wait, taken);
    if (status != Status::done) return refusal(status, Use::get);
    std::size_t got = 0;
    do {
        rooms[got].size = copy_out(taken, rooms[got].room);
        ++got;
    } while (got < rooms.size() && attached_->queue.take(taken) == Status::done);
    return got;
}

Result<Reservation> SharedQueue::reserve(std::size_t size, Patience patience) {
    if (!may(Use::put)) return refusal();
    if (size > message_size()) return too_long(size);
    Wait wait{patience};
    shm::ChunkId chunk = 0;
    const Status status = claim(static_cast<std::uint32_t>(size), wait, chunk);
    if (status != Status::done) return refusal(status, Use::put);
    return Reservation{.room = attached_->queue.room(chunk).first(size),
                       .token = token_of(attached_->queue.reservation(chunk), chunk)};
}

Result<void> SharedQueue::commit(const Reservation& reservation, std::size_t size) {
    if (!may(Use::put)) return refusal();
    if (size > message_size()) return too_long(size);
    if (!is_reserved(reservation))
        return failure(Errc::bad_request, "this reservation is over, or was never made");
    const Status status =
        attached_->queue.publish(chunk_of(reservation.token), static_cast<std::uint32_t>(size));
    if (status != Status::done) return refusal(status, Use::put);
    return {};
}

Result<void> SharedQueue::abandon(const Reservation& reservation) {
    if (!may(Use::put)) return refusal();
    if (!is_reserved(reservation))
        return failure(Errc::bad_request, "this reservation is over, or was never made");
    attached_->queue.abandon(chunk_of(reservation.token));
    return {};
}

Result<MessageView> SharedQueue::peek(Patience patience) {
    if (!may(Use::get)) return refusal();
    Wait wait{patience};
    shm::Taken taken;
    const Status status = take(wait, taken);
    if (status != Status::done) return refusal(status, Use::get);
    newest_ = std::max(newest_, taken.ticket);
    return MessageView{.bytes = attached_->queue.message(taken),
                       .deliveries = taken.deliveries,
                       .token = token_of(taken.ticket, taken.chunk)};
}

Result<void> SharedQueue::acknowledge(const MessageView& message) {
    if (!may(Use::get)) return refusal();
    attached_->queue.acknowledge(CCD_TRY(held(message)));
    return {};
}

Result<void> SharedQueue::put_back(const MessageView& message) {
    if (!may(Use::get)) return refusal();
    const Status status = attached_->queue.put_back(CCD_TRY(held(message)));
    if (status != Status::done) return refusal(status, Use::get);
    return {};
}

// Cleared first: whatever comes after that is either seen here or sent by who brings it. What is
// sent on one end is to be read at the other.
Result<void> SharedQueue::arm_message() {
    if (!may(Use::get)) return refusal();
    clear(message_event_);
    if (attached_->queue.arm_message()) shm::Hardware::notify(room_event_.get());
    return {};
}

Result<void> SharedQueue::arm_room() {
    if (!may(Use::put)) return refusal();
    clear(room_event_);
    const bool has_room = attached_->queue.arm_room() || when_full_ == WhenFull::drop_oldest;
    if (has_room) shm::Hardware::notify(message_event_.get());
    return {};
}

Result<std::uint64_t> SharedQueue::depth() {
    if (!is_open()) return refusal();
    return attached_->queue.depth();
}

bool SharedQueue::is_open() const {
    return attached_ != nullptr && attached_->born == lineage();
}

bool SharedQueue::may(Use wanted) const {
    return is_open() && (use_ == wanted || use_ == Use::both);
}

tl::unexpected<Error> SharedQueue::refusal() const {
    if (attached_ == nullptr) return failure(Errc::bad_request, "queue '" + name_ + "' is closed");
    if (!is_open())
        return failure(Errc::bad_request, "queue '" + name_ +
                                              "' was opened by the process that this one was "
                                              "forked from: open it again");
    return failure(Errc::denied, "queue '" + name_ + "' was opened for " +
                                     (use_ == Use::put ? "put only" : "get only"));
}

tl::unexpected<Error> SharedQueue::refusal(Status status, Use what) const {
    switch (status) {
        case Status::would_block:
            break;
        case Status::closed:
            return failure(Errc::not_found, "queue '" + name_ + "' was destroyed");
        case Status::done:
        case Status::too_long:
        case Status::broken:
            return failure(Errc::internal,
                           "the memory of queue '" + name_ + "' was spoilt by one who uses it");
    }
    if (what == Use::get) return failure(Errc::timeout, no_message_);
    if (when_full_ == WhenFull::block) return failure(Errc::timeout, no_room_);
    const std::uint64_t in_line = attached_->queue.depth();
    const std::string told = "queue '" + name_ + "' is full: " + std::to_string(in_line) +
                             (in_line == 1 ? " message is" : " messages are") + " in line";
    if (in_line >= capacity()) return failure(Errc::over_limit, told);
    return failure(Errc::over_limit,
                   told + ", and the rest of its places are being written or read");
}

tl::unexpected<Error> SharedQueue::too_long(std::size_t size) const {
    return failure(Errc::bad_request, "a message of " + std::to_string(size) +
                                          " bytes is too long for queue '" + name_ + "': at most " +
                                          std::to_string(message_size()));
}

Result<void> SharedQueue::check_room(std::size_t size) const {
    if (size >= message_size()) return {};
    return failure(Errc::bad_request,
                   "room for " + std::to_string(size) + " bytes is too small for queue '" + name_ +
                       "', whose messages have up to " + std::to_string(message_size()));
}

Status SharedQueue::claim(std::uint32_t size, Wait& wait, shm::ChunkId& chunk) {
    auto& queue = attached_->queue;
    if (when_full_ == WhenFull::drop_oldest) return queue.reserve_dropping(size, chunk);
    const bool may_wait = when_full_ == WhenFull::block && !wait.is_none();
    if (may_wait && wait.is_endless()) return queue.reserve_until(size, chunk, Time::max());
    const Status status = queue.reserve(size, chunk);
    if (status != Status::would_block || !may_wait) return status;
    return queue.reserve_until(size, chunk, wait.deadline());
}

Status SharedQueue::put_one(std::span<const std::byte> bytes, Wait& wait) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    shm::ChunkId chunk = 0;
    const Status status = claim(size, wait, chunk);
    if (status != Status::done) return status;
    if (!bytes.empty())
        std::memcpy(attached_->queue.room(chunk).data(), bytes.data(), bytes.size());
    return attached_->queue.publish(chunk, size);
}

Status SharedQueue::take(Wait& wait, shm::Taken& taken) {
    auto& queue = attached_->queue;
    if (wait.is_endless()) return queue.take_until(taken, Time::max());
    const Status status = queue.take(taken);
    if (status != Status::would_block || wait.is_none()) return status;
    return queue.take_until(taken, wait.deadline());
}

std::size_t SharedQueue::copy_out(const shm::Taken& taken, std::span<std::byte> room) {
    const auto bytes = attached_->queue.message(taken);
    if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
    attached_->queue.acknowledge(taken);
    return bytes.size();
}

bool SharedQueue::is_reserved(const Reservation& reservation) const {
    const shm::ChunkId chunk = chunk_of(reservation.token);
    const auto& queue = attached_->queue;
    return queue.has(chunk, shm::Kind::writing) &&
           token_of(queue.reservation(chunk), chunk) == reservation.token;
}

// What the token does not tell of the ticket is as of the newest that was peeked.
Result<shm::Taken> SharedQueue::held(const MessageView& message) const {
    const shm::Ticket before_newest =
        (newest_ - (message.token >> shm::chunk_bits)) & told_of_ticket;
    const shm::Taken taken{.chunk = chunk_of(message.token), .ticket = newest_ - before_newest};
    if (attached_->queue.has(taken)) return taken;
    return failure(Errc::bad_request, "this message was acknowledged, or is not yours");
}

}  // namespace ccd::client
