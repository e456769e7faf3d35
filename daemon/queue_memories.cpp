#include "daemon/queue_memories.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "daemon/exec/proc_stat.h"
#include "daemon/handlers/dispatch.h"
#include "daemon/sys/log.h"
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

constexpr const char* attendance_name = "attendance";
// Of what is kept of a queue.
constexpr std::array parts{"control", "payload", "message", "room"};

std::string name_of(store::QueueId id, const char* part) {
    return "queue-" + std::to_string(id) + "-" + part;
}

shm::Attachment::Role role_of(queue::Use use) {
    return use == queue::Use::get ? shm::Attachment::Role::consumer
                                  : shm::Attachment::Role::producer;
}

}  // namespace

QueueMemories::Memory::Memory(shm::QueueMemory made, shm::Attachment opened, UniqueFd message_event,
                              UniqueFd room_event, queue::OnConsumerDeath on_death)
    : segments(std::move(made)),
      attachment(std::move(opened)),
      message(std::move(message_event)),
      room(std::move(room_event)),
      repair(attachment.geometry(), attachment.memory(), on_death) {}

QueueMemories::QueueMemories(loop::Loop& loop, sys::DescriptorStore& store, Actions actions)
    : loop_(loop),
      store_(store),
      actions_(std::move(actions)),
      mend_timer_(loop, [this] { mend_some(); }) {}

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
    UniqueFd message{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    UniqueFd room{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (!message || !room) return failed("no descriptor is left");
    return std::make_unique<Memory>(std::move(segments), std::move(attachment), std::move(message),
                                    std::move(room), row.on_consumer_death);
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
    if (actions_.find(id) != nullptr) {
        keep(id, **memory);
        memories_.emplace(id, std::move(*memory));
    }
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
    if (!attendance_) CCD_TRY(make_attendance());
    const auto stat = exec::read_stat(asked.pid);
    CCD_TRY(attendance_->enter({.queue = asked.queue,
                                .client = asked.client,
                                .user = {.pid = asked.pid, .uid = asked.uid, .use = asked.use},
                                .began = stat ? stat->start_ticks : 0}));
    watch(asked.queue, memory, asked.client, asked.process);
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

// A pidfd is readable from the end of the process on.
void QueueMemories::watch(store::QueueId id, Memory& memory, shm::ClientId client,
                          service::PassedProcess process) {
    auto& user = memory.users[client];
    user.process = std::move(process);
    user.poll = std::make_unique<loop::Poll>(loop_, user.process->get(),
                                             [this, id, client] { actions_.left(id, client); });
    user.poll->watch(loop::Poll::Watch::readable);
}

void QueueMemories::mend(store::QueueId id, shm::ClientId client) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return actions_.mended(id, client);
    if (attendance_) attendance_->set_leaving(id, client);
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
    for (shm::ClientId client = 1; client < memory.dead.size(); ++client) {
        if (!memory.dead[client]) continue;
        if (attendance_) attendance_->erase(id, client);
        actions_.mended(id, client);
    }
    memory.dead.reset();
    shm::Hardware::notify(memory.message.get());
    shm::Hardware::notify(memory.room.get());
    return memory.next_dead.any();
}

void QueueMemories::close(store::QueueId id) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return;
    auto& memory = *found->second;
    shm::close(*memory.attachment.memory().header);
    shm::Hardware::notify(memory.message.get());
    shm::Hardware::notify(memory.room.get());
    memories_.erase(found);
    if (attendance_) attendance_->erase_all(id);
    for (const char* part : parts) store_.drop(name_of(id, part));
}

shm::Figures QueueMemories::figures(store::QueueId id) const {
    auto found = memories_.find(id);
    if (found == memories_.end()) return {};
    return shm::figures_of(found->second->attachment.geometry(),
                           *found->second->attachment.memory().header);
}

void QueueMemories::keep(const std::string& name, int descriptor) {
    auto kept = store_.keep(name, descriptor);
    if (kept || !std::exchange(is_keeping_, false)) return;
    sys::log(sys::Priority::warning,
             "queues will be empty after a restart, for " + kept.error().message);
}

void QueueMemories::keep(store::QueueId id, const Memory& memory) {
    const std::array descriptors{memory.segments.control.fd(), memory.segments.payload.fd(),
                                 memory.message.get(), memory.room.get()};
    for (std::size_t i = 0; i < parts.size(); ++i) keep(name_of(id, parts[i]), descriptors[i]);
}

Result<void> QueueMemories::make_attendance() {
    attendance_ = CCD_TRY(Attendance::create());
    keep(attendance_name, attendance_->fd());
    return {};
}

Result<std::unique_ptr<QueueMemories::Memory>> QueueMemories::adopted(const store::QueueRow& row,
                                                                      sys::KeptDescriptors& kept) {
    std::vector<UniqueFd> descriptors;
    for (const char* part : parts) {
        auto found = kept.extract(name_of(row.id, part));
        if (!found) return failure(Errc::not_found, std::string{part} + " was not kept");
        descriptors.push_back(std::move(found.mapped()));
    }
    const auto shape = service::shape_of(row);
    const shm::Geometry geometry{shape};
    shm::QueueMemory segments{
        .control = CCD_TRY(shm::Segment::adopt(std::move(descriptors[0]), geometry.control_size())),
        .payload =
            CCD_TRY(shm::Segment::adopt(std::move(descriptors[1]), geometry.payload_size()))};
    auto attachment =
        CCD_TRY(shm::Attachment::open(segments, shape, shm::Attachment::Role::producer));
    return std::make_unique<Memory>(std::move(segments), std::move(attachment),
                                    std::move(descriptors[2]), std::move(descriptors[3]),
                                    row.on_consumer_death);
}

void QueueMemories::adopt(sys::KeptDescriptors kept) {
    for (const auto* queue : actions_.all()) {
        const auto id = queue->row.id;
        if (!kept.contains(name_of(id, parts.front()))) continue;
        auto memory = adopted(queue->row, kept);
        if (!memory) {
            sys::log(sys::Priority::warning, "queue '" + queue->row.name +
                                                 "' is empty: its memory was kept and cannot be "
                                                 "used: " +
                                                 memory.error().message);
            continue;
        }
        // Whatever an earlier repair has begun is ended, also if nobody is dead.
        (*memory)->next_dead.set(shm::the_daemon);
        memories_.emplace(id, std::move(*memory));
    }
    adopt_attendance(kept);
    for (auto& [name, descriptor] : kept) close_left_over(name, std::move(descriptor));
    if (!memories_.empty()) mend_timer_.set(Millis{0});
}

// Without it nobody knows who uses what: so all are told that it is over.
void QueueMemories::adopt_attendance(sys::KeptDescriptors& kept) {
    auto memory = kept.extract(attendance_name);
    if (!memory) return;
    auto attendance = Attendance::adopt(std::move(memory.mapped()));
    if (!attendance) {
        sys::log(sys::Priority::warning, "who uses the queues is not known: " +
                                             attendance.error().message + "; they are made anew");
        while (!memories_.empty()) close(memories_.begin()->first);
        store_.drop(attendance_name);
        return;
    }
    attendance_ = std::move(*attendance);
    for (const auto& attendant : attendance_->all()) readmit(attendant);
}

void QueueMemories::readmit(const Attendant& attendant) {
    auto found = memories_.find(attendant.queue);
    if (found == memories_.end()) return attendance_->erase(attendant.queue, attendant.client);
    actions_.readmit(attendant.queue, attendant.client, attendant.user);
    auto process = std::make_shared<const UniqueFd>(
        static_cast<int>(syscall(SYS_pidfd_open, attendant.user.pid, 0)));
    // Looked at once we have it: from then on the number is his, if it still is.
    const auto stat = exec::read_stat(attendant.user.pid);
    const bool is_he = *process && stat && stat->start_ticks == attendant.began;
    if (!is_he || attendant.is_leaving) return actions_.left(attendant.queue, attendant.client);
    watch(attendant.queue, *found->second, attendant.client, std::move(process));
}

// Of a queue that is gone. Who still waits in it is told so.
void QueueMemories::close_left_over(const std::string& name, UniqueFd descriptor) {
    store_.drop(name);
    if (name.ends_with(parts.front())) shm::close_left_over(std::move(descriptor));
}

}  // namespace ccd::daemon
