#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ccd/ccd.h"
#include "lib/abi/failure.h"
#include "lib/abi/link.h"
#include "lib/client/cancellation.h"
#include "lib/client/shared_queue.h"

using namespace ccd;
using abi::fail_for;
using abi::fail_in_queue;
using abi::patience_of;

// What C knows of it.
struct ccd_queue {
    client::SharedQueue queue;
    std::shared_ptr<abi::Link> link;
};

namespace {

// None: it is no value of the enum.
template <class Enum>
std::optional<Enum> enum_of(int number) {
    const auto all = enumerators(Enum{});
    if (number < 0 || static_cast<std::size_t>(number) >= all.size()) return std::nullopt;
    return all[static_cast<std::size_t>(number)].value;
}
static_assert(static_cast<int>(queue::WhenFull::block) == CCD_BLOCK &&
              static_cast<int>(queue::WhenFull::fail) == CCD_FAIL &&
              static_cast<int>(queue::WhenFull::drop_oldest) == CCD_DROP_OLDEST);
static_assert(static_cast<int>(queue::OnConsumerDeath::drop) == CCD_DROP &&
              static_cast<int>(queue::OnConsumerDeath::redeliver) == CCD_REDELIVER);
static_assert(static_cast<int>(queue::Use::put) == CCD_PUT &&
              static_cast<int>(queue::Use::get) == CCD_GET &&
              static_cast<int>(queue::Use::both) == CCD_BOTH);

static_assert(sizeof(ccd_queue_shape) ==
                  offsetof(ccd_queue_shape, reserved) + sizeof(ccd_queue_shape::reserved),
              "a later field would lie in padding that no program has set to 0");

// As the first release had it, or later: what the program does not know of is 0, and what this
// library does not know of must be.
std::optional<ccd_queue_shape> known(const ccd_queue_shape& given) {
    constexpr std::size_t longest = 4096;
    if (given.size < sizeof(ccd_queue_shape) || given.size > longest || given.reserved != 0)
        return std::nullopt;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
    if (std::any_of(bytes + sizeof(ccd_queue_shape), bytes + given.size,
                    [](unsigned char byte) { return byte != 0; }))
        return std::nullopt;
    return given;
}

std::string text_of_mode(unsigned mode) {
    if (mode == 0) return queue::CreateRequest{}.mode;
    std::string text{"0"};
    for (unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + (mode >> shift & 7));
    return text;
}

std::span<const std::byte> span_of(const void* data, std::size_t size) {
    return {static_cast<const std::byte*>(data), size};
}

// Messages for which there is room on the stack.
constexpr std::size_t block = 64;

// Whether an array of so many can be.
template <class Element>
constexpr bool is_possible(std::size_t count) {
    return count <= PTRDIFF_MAX / sizeof(Element);
}

// A failure, or `use(value)` and no failure.
template <class T, class Use>
int finish(const Result<T>& result, Use use) {
    if (!result) return fail_in_queue(result.error());
    use(*result);
    return CCD_OK;
}
int finish(const Result<void>& result) {
    return result ? static_cast<int>(CCD_OK) : fail_in_queue(result.error());
}

// At most a block of them.
Result<std::size_t> fill(ccd_queue& queue, std::span<ccd_buffer> buffers,
                         client::Patience patience) {
    std::array<client::Filled, block> rooms;
    for (std::size_t i = 0; i < buffers.size(); ++i)
        rooms[i].room = {static_cast<std::byte*>(buffers[i].data), buffers[i].room};
    const auto got = queue.queue.get_many(std::span{rooms}.first(buffers.size()), patience);
    for (std::size_t i = 0; i < got.value_or(0); ++i) buffers[i].size = rooms[i].size;
    return got;
}

client::Reservation reservation_of(const ccd_message& message) {
    return {.room = {static_cast<std::byte*>(message.data), message.size}, .token = message.token};
}

}  // namespace

extern "C" int ccd_queue_create(ccd_client* client, const char* name, const ccd_queue_shape* shape,
                                int* created) noexcept {
    const client::NoCancellation uncancelled;
    if (client == nullptr) return fail_for("client");
    if (name == nullptr) return fail_for("name");
    const auto given = shape ? known(*shape) : std::nullopt;
    if (!given) return fail_for("shape");
    const auto when_full = enum_of<queue::WhenFull>(given->when_full);
    if (!when_full) return fail_for("shape.when_full");
    const auto on_death = enum_of<queue::OnConsumerDeath>(given->on_consumer_death);
    if (!on_death) return fail_for("shape.on_consumer_death");
    if (given->mode > 0777) return fail_for("shape.mode");
    const queue::CreateRequest request{.name = name,
                                       .capacity = given->capacity,
                                       .message_size = Bytes{given->message_size},
                                       .when_full = *when_full,
                                       .on_consumer_death = *on_death,
                                       .mode = text_of_mode(given->mode)};
    const auto reply = client->link->with(
        [&](client::Client& daemon) { return daemon.call<queue::Create>(request); });
    if (reply && created) *created = reply->created ? 1 : 0;
    return abi::code_of(reply);
}

extern "C" int ccd_queue_destroy(ccd_client* client, const char* name) noexcept {
    const client::NoCancellation uncancelled;
    if (client == nullptr) return fail_for("client");
    if (name == nullptr) return fail_for("name");
    return abi::code_of(client->link->with(
        [&](client::Client& daemon) { return daemon.call<queue::Destroy>({.name = name}); }));
}

extern "C" int ccd_queue_open(ccd_client* client, const char* name, int use,
                              ccd_queue** queue) noexcept {
    const client::NoCancellation uncancelled;
    if (client == nullptr) return fail_for("client");
    if (name == nullptr) return fail_for("name");
    if (queue == nullptr) return fail_for("queue");
    const auto what = enum_of<queue::Use>(use);
    if (!what) return fail_for("use");
    auto opened = client->link->with(
        [&](client::Client& daemon) { return client::SharedQueue::open(daemon, name, *what); });
    if (!opened) return abi::fail(opened.error());
    *queue = new ccd_queue{.queue = *std::move(opened), .link = client->link};
    return CCD_OK;
}

extern "C" void ccd_queue_close(ccd_queue* queue) noexcept {
    const client::NoCancellation uncancelled;
    if (queue == nullptr) return;
    if (queue->queue.is_open()) {
        [[maybe_unused]] auto told = queue->link->with([&](client::Client& daemon) {
            queue->queue.close(daemon);
            return Result<void>{};
        });
    }
    delete queue;
}

extern "C" std::uint32_t ccd_queue_capacity(const ccd_queue* queue) noexcept {
    return queue ? queue->queue.capacity() : 0;
}

extern "C" std::uint32_t ccd_queue_message_size(const ccd_queue* queue) noexcept {
    return queue ? queue->queue.message_size() : 0;
}

extern "C" int ccd_queue_depth(ccd_queue* queue, std::uint64_t* depth) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (depth == nullptr) return fail_for("depth");
    return finish(queue->queue.depth(), [&](std::uint64_t found) { *depth = found; });
}

// From here to the poll loops nothing that is called is a cancellation point.

extern "C" int ccd_queue_put(ccd_queue* queue, const void* data, std::size_t size,
                             std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (data == nullptr && size > 0) return fail_for("data");
    return finish(queue->queue.put(span_of(data, size), patience_of(timeout_ns)));
}

extern "C" int ccd_queue_get(ccd_queue* queue, void* buffer, std::size_t room, std::size_t* size,
                             std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (buffer == nullptr) return fail_for("buffer");
    if (size == nullptr) return fail_for("size");
    return finish(
        queue->queue.get({static_cast<std::byte*>(buffer), room}, patience_of(timeout_ns)),
        [&](std::size_t filled) { *size = filled; });
}

extern "C" int ccd_queue_reserve(ccd_queue* queue, std::size_t size, ccd_message* message,
                                 std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.reserve(size, patience_of(timeout_ns)),
                  [&](const client::Reservation& reserved) {
                      *message = {.data = reserved.room.data(),
                                  .size = reserved.room.size(),
                                  .deliveries = 0,
                                  .token = reserved.token};
                  });
}

extern "C" int ccd_queue_commit(ccd_queue* queue, const ccd_message* message) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.commit(reservation_of(*message), message->size));
}

extern "C" int ccd_queue_abandon(ccd_queue* queue, const ccd_message* message) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.abandon(reservation_of(*message)));
}

extern "C" int ccd_queue_peek(ccd_queue* queue, ccd_message* message,
                              std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.peek(patience_of(timeout_ns)), [&](const client::MessageView& seen) {
        // C has no word for bytes that are read only in one of two cases.
        *message = {.data = const_cast<std::byte*>(seen.bytes.data()),
                    .size = seen.bytes.size(),
                    .deliveries = seen.deliveries,
                    .token = seen.token};
    });
}

extern "C" int ccd_queue_ack(ccd_queue* queue, const ccd_message* message) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.acknowledge({.token = message->token}));
}

extern "C" int ccd_queue_nack(ccd_queue* queue, const ccd_message* message) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (message == nullptr) return fail_for("message");
    return finish(queue->queue.put_back({.token = message->token}));
}

extern "C" int ccd_queue_put_many(ccd_queue* queue, const ccd_bytes* messages, std::size_t count,
                                  std::size_t* put, std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (messages == nullptr && count > 0) return fail_for("messages");
    if (put == nullptr) return fail_for("put");
    if (!is_possible<ccd_bytes>(count)) return fail_for("count");
    for (std::size_t i = 0; i < count; ++i)
        if (messages[i].data == nullptr && messages[i].size > 0) return fail_for("messages.data");
    const auto message_at = [messages](std::size_t i) {
        return span_of(messages[i].data, messages[i].size);
    };
    return finish(queue->queue.put_many(count, message_at, patience_of(timeout_ns)),
                  [&](std::size_t done) { *put = done; });
}

extern "C" int ccd_queue_get_many(ccd_queue* queue, ccd_buffer* buffers, std::size_t count,
                                  std::size_t* got, std::int64_t timeout_ns) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (buffers == nullptr && count > 0) return fail_for("buffers");
    if (got == nullptr) return fail_for("got");
    if (!is_possible<ccd_buffer>(count)) return fail_for("count");
    for (std::size_t i = 0; i < count; ++i)
        if (buffers[i].data == nullptr) return fail_for("buffers.data");
    std::size_t done = 0;
    for (auto patience = patience_of(timeout_ns);; patience = std::chrono::nanoseconds{0}) {
        const std::size_t wanted = std::min(block, count - done);
        const auto filled = fill(*queue, {buffers + done, wanted}, patience);
        // What was got before is no failure: the next call finds this one again.
        if (!filled && done == 0) return fail_in_queue(filled.error());
        done += filled.value_or(0);
        if (filled.value_or(0) < wanted || done == count) break;
    }
    *got = done;
    return CCD_OK;
}

extern "C" int ccd_queue_fd(const ccd_queue* queue, int event) noexcept {
    if (queue == nullptr) return fail_for("queue");
    if (event == CCD_MESSAGE) return queue->queue.message_descriptor();
    if (event == CCD_ROOM) return queue->queue.room_descriptor();
    return fail_for("event");
}

extern "C" int ccd_queue_arm(ccd_queue* queue, int event) noexcept {
    const client::NoCancellation uncancelled;
    if (queue == nullptr) return fail_for("queue");
    if (event == CCD_MESSAGE) return finish(queue->queue.arm_message());
    if (event == CCD_ROOM) return finish(queue->queue.arm_room());
    return fail_for("event");
}
