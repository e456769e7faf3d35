#include "daemon/queue_memories.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "daemon/handlers/dispatch.h"
#include "daemon/sys/machine.h"
#include "daemon/sys/process.h"

namespace ccd::daemon {
namespace {

tl::unexpected<Error> failed(const std::string& what) {
    return failure(Errc::internal, what + ": " + std::generic_category().message(errno));
}

Result<UniqueFd> copy_of(int descriptor) {
    UniqueFd copy{fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
    if (!copy) return failed("no descriptor is left");
    return copy;
}

Result<void> check_process(const service::AttachQueue& asked) {
    if (asked.pid <= 0)
        return failure(Errc::denied,
                       "the process is of another PID namespace: it cannot be watched");
    if (!asked.process)
        return failure(Errc::bad_request, "queue.attach comes with a pidfd of its caller");
    if (sys::process_of(asked.process->get()) != asked.pid)
        return failure(Errc::denied,
                       "the descriptor is no pidfd of the process that has connected");
    return {};
}

shm::Attachment::Role role_of(queue::Use use) {
    return use == queue::Use::get ? shm::Attachment::Role::consumer
                                  : shm::Attachment::Role::producer;
}

}  // namespace

QueueMemories::Memory::Memory(shm::QueueMemory made, shm::Attachment opened,
                              queue::OnConsumerDeath on_death)
    : segments(std::move(made)),
      attachment(std::move(opened)),
      message(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      room(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      repair(attachment.geometry(), attachment.memory(), on_death) {}

QueueMemories::QueueMemories(loop::Loop& loop, Actions actions)
    : loop_(loop), actions_(std::move(actions)), mend_timer_(loop, [this] { mend_some(); }) {}

Result<std::unique_ptr<QueueMemories::Memory>> QueueMemories::make(const store::QueueRow& row) {
    // The kernel would find it at the cost of whoever has most.
    const auto wanted = service::memory_of(row).count;
    if (sys::available_memory().count / 2 < wanted)
        return failure(Errc::over_limit, "the machine has no " + std::to_string(wanted) +
                                             " bytes to spare for queue '" + row.name + "'");
    const auto shape = service::shape_of(row);
    auto segments = CCD_TRY(shm::create_queue("ccd-queue-" + std::to_string(row.id), shape));
    auto attachment =
        CCD_TRY(shm::Attachment::open(segments, shape, shm::Attachment::Role::producer));
    auto memory =
        std::make_unique<Memory>(std::move(segments), std::move(attachment), row.on_consumer_death);
    if (!memory->message || !memory->room) return failed("no descriptor is left");
    return memory;
}

void QueueMemories::attach(const service::AttachQueue& asked) {
    const auto* queue = actions_.find(asked.queue);
    if (queue == nullptr)
        return refuse(asked, {.code = Errc::not_found, .message = "the queue was destroyed"});
    if (auto checked = check_process(asked); !checked) return refuse(asked, checked.error());
    if (auto found = memories_.find(asked.queue); found != memories_.end()) {
        auto given = give(*found->second, asked, queue->row);
        if (!given) refuse(asked, given.error());
        return;
    }
    auto& waiting = waiting_[asked.queue];
    waiting.push_back(asked);
    if (waiting.size() > 1) return;
    loop_.work([row = queue->row] { return make(row); },
               [this, id = asked.queue](Result<std::unique_ptr<Memory>> memory) {
                   made(id, std::move(memory));
               });
}

void QueueMemories::made(store::QueueId id, Result<std::unique_ptr<Memory>> memory) {
    auto waiting = std::move(waiting_.extract(id).mapped());
    if (!memory) {
        for (const auto& asked : waiting) refuse(asked, memory.error());
        return;
    }
    if (actions_.find(id) != nullptr) memories_.emplace(id, std::move(*memory));
    for (const auto& asked : waiting) attach(asked);
}

Result<void> QueueMemories::give(Memory& memory, const service::AttachQueue& asked,
                                 const store::QueueRow& row) {
    std::vector<UniqueFd> descriptors;
    descriptors.push_back(CCD_TRY(copy_of(memory.segments.control.fd())));
    descriptors.push_back(role_of(asked.use) == shm::Attachment::Role::consumer
                              ? CCD_TRY(memory.segments.payload.open_for_reading())
                              : CCD_TRY(copy_of(memory.segments.payload.fd())));
    descriptors.push_back(CCD_TRY(copy_of(memory.message.get())));
    descriptors.push_back(CCD_TRY(copy_of(memory.room.get())));
    watch(memory, asked);
    std::string frame;
    handlers::put_attach_frame(frame, asked.ticket.msgid,
                               {.queue = asked.queue,
                                .client = asked.client,
                                .capacity = row.capacity,
                                .message_size = row.message_size,
                                .when_full = row.when_full});
    actions_.reply(asked.ticket, frame, std::move(descriptors));
    return {};
}

void QueueMemories::refuse(const service::AttachQueue& asked, Error error) {
    std::string frame;
    handlers::put_error_frame(frame, asked.ticket.msgid, error);
    actions_.reply(asked.ticket, frame, {});
    actions_.left(asked.queue, asked.client);
}

// A pidfd is readable from the end of the process on. It is the caller's own, and so the process
// is not another one that has got his number.
void QueueMemories::watch(Memory& memory, const service::AttachQueue& asked) {
    auto& user = memory.users[asked.client];
    user.process = asked.process;
    user.poll = std::make_unique<loop::Poll>(
        loop_, user.process->get(),
        [this, id = asked.queue, client = asked.client] { actions_.left(id, client); });
    user.poll->watch(loop::Poll::Watch::readable);
}

void QueueMemories::mend(store::QueueId id, shm::ClientId client) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return actions_.mended(id, client);
    found->second->users.erase(client);
    found->second->next_dead.set(client);
    mend_timer_.set(Millis{0});
}

void QueueMemories::mend_some() {
    bool is_more = false;
    for (auto& [id, memory] : memories_)
        if (memory->dead.any() || memory->next_dead.any()) is_more |= mend_some(id, *memory);
    if (is_more) mend_timer_.set(Millis{0});
}

// Whether there is more to do. Who dies during a pass is for the next one: it ends, whoever dies.
bool QueueMemories::mend_some(store::QueueId id, Memory& memory) {
    if (memory.dead.none()) {
        std::swap(memory.dead, memory.next_dead);
        memory.repair.begin(memory.dead);
    }
    if (!memory.repair.step(chunks_per_step)) return true;
    for (std::size_t client = 1; client < memory.dead.size(); ++client)
        if (memory.dead[client]) actions_.mended(id, static_cast<shm::ClientId>(client));
    memory.dead.reset();
    shm::Hardware::notify(memory.message.get());
    shm::Hardware::notify(memory.room.get());
    return memory.next_dead.any();
}

void QueueMemories::close(store::QueueId id) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return;
    auto& memory = *found->second;
    auto& header = *memory.attachment.memory().header;
    header.openness.store(static_cast<std::uint32_t>(shm::Openness::closed));
    shm::parking::wake_all(header.readers);
    shm::parking::wake_all(header.writers);
    shm::Hardware::notify(memory.message.get());
    shm::Hardware::notify(memory.room.get());
    memories_.erase(found);
}

shm::Figures QueueMemories::figures(store::QueueId id) const {
    auto found = memories_.find(id);
    if (found == memories_.end()) return {};
    return shm::figures_of(found->second->attachment.geometry(),
                           *found->second->attachment.memory().header);
}

}  // namespace ccd::daemon
