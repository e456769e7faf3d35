#include "daemon/queue_memories.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
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
    if (CCD_TRY(sys::process_of(asked.process->get())) != asked.pid)
        return failure(Errc::denied,
                       "the descriptor is no pidfd of the process that has connected");
    return {};
}

constexpr const char* attendance_name = "attendance";
// Of what is kept of a queue: control, payload, and the ends for messages and room. They are short,
// for systemd hands over the names of all queues in one variable of 128 KiB.
constexpr std::array parts{'c', 'p', 'm', 'r'};

std::string name_of(store::QueueId id, char part) {
    return "q" + std::to_string(id) + part;
}

shm::Attachment::Role role_of(queue::Use use) {
    return use == queue::Use::get ? shm::Attachment::Role::consumer
                                  : shm::Attachment::Role::producer;
}

}  // namespace

QueueMemories::Memory::Memory(shm::QueueMemory made, shm::Attachment opened, UniqueFd message_end,
                              UniqueFd room_end, queue::OnConsumerDeath on_death)
    : segments(std::move(made)),
      attachment(std::move(opened)),
      message(std::move(message_end)),
      room(std::move(room_end)),
      repair(attachment.geometry(), attachment.memory(), on_death) {}

void QueueMemories::Memory::wake_pollers() const {
    shm::Hardware::notify(message.get());
    shm::Hardware::notify(room.get());
}

QueueMemories::QueueMemories(loop::Loop& loop, sys::DescriptorStore& store, Actions actions,
                             Pauses pauses)
    : loop_(loop),
      store_(store),
      actions_(std::move(actions)),
      pauses_(pauses),
      mend_wake_(loop, [this] { mend_some(); }),
      look_timer_(loop, [this] { look_again(); }),
      keep_timer_(loop, [this] { keep_again(); }) {}

Result<std::unique_ptr<QueueMemories::Memory>> QueueMemories::make(const store::QueueRow& row) {
    // The kernel would find it at the cost of whoever has most. One at a time, so that each sees
    // what the one before has taken.
    static std::mutex one_at_a_time;
    const std::lock_guard lock{one_at_a_time};
    const auto wanted = service::memory_of(row).count;
    const auto available = sys::available_memory();
    if (!available)
        return failure(Errc::over_limit, "whether the machine has the memory to spare for queue '" +
                                             row.name + "' cannot be seen now");
    if (available->count / 2 < wanted)
        return failure(Errc::over_limit, "the machine has no " + std::to_string(wanted) +
                                             " bytes to spare for queue '" + row.name + "'");
    const auto shape = service::shape_of(row);
    auto segments = CCD_TRY(shm::create_queue("ccd-queue-" + std::to_string(row.id), shape));
    auto attachment =
        CCD_TRY(shm::Attachment::open(segments, shape, shm::Attachment::Role::producer));
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return failed("no descriptor is left");
    return std::make_unique<Memory>(std::move(segments), std::move(attachment), UniqueFd{ends[0]},
                                    UniqueFd{ends[1]}, row.on_consumer_death);
}

void QueueMemories::attach(const service::AttachQueue& asked) {
    const auto* queue = actions_.find(asked.queue);
    if (queue == nullptr)
        return refuse(asked, {.code = Errc::not_found, .message = "the queue was destroyed"});
    // He may have left while the memory was made, and the number be another's.
    const auto user = queue->users.find(asked.client);
    if (user == queue->users.end() || user->second.pid != asked.pid)
        return answer(asked, {.code = Errc::not_found, .message = "it was left meanwhile"});
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
    if (!actions_.reply(asked.ticket, frame, std::move(descriptors)))
        actions_.left(asked.queue, asked.client);
    return {};
}

void QueueMemories::answer(const service::AttachQueue& asked, const Error& error) {
    std::string frame;
    handlers::put_error_frame(frame, asked.ticket.msgid, error);
    actions_.reply(asked.ticket, frame, {});
}

void QueueMemories::refuse(const service::AttachQueue& asked, const Error& error) {
    answer(asked, error);
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

// Who was refused has touched nothing, nor is anything given back in what is thrown away.
void QueueMemories::mend(store::QueueId id, shm::ClientId client) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return actions_.mended(id, client);
    auto& memory = *found->second;
    if (memory.users.erase(client) == 0) return actions_.mended(id, client);
    if (memory.is_closed) {
        if (memory.users.empty()) drop(found);
        return actions_.mended(id, client);
    }
    if (attendance_) attendance_->set_leaving(id, client);
    memory.next_dead.set(client);
    mend_wake_.wake();
}

// Round and round, so that no queue waits for another that is long in mending.
void QueueMemories::mend_some() {
    std::uint32_t chunks = chunks_per_turn;
    const auto first = memories_.upper_bound(last_mended_);
    auto next = first;
    for (std::size_t i = 0; i < memories_.size() && chunks > 0; ++i, ++next) {
        if (next == memories_.end()) next = memories_.begin();
        auto& [id, memory] = *next;
        if (!memory->is_mending()) continue;
        last_mended_ = id;
        mend_some(id, *memory, chunks);
    }
    const auto is_mending = [](const auto& entry) { return entry.second->is_mending(); };
    if (std::ranges::any_of(memories_, is_mending)) mend_wake_.wake();
}

// Who dies during a pass is for the next one: it ends, whoever dies.
void QueueMemories::mend_some(store::QueueId id, Memory& memory, std::uint32_t& chunks) {
    if (memory.dead.none()) {
        std::swap(memory.dead, memory.next_dead);
        memory.repair.begin(memory.dead);
    }
    if (!memory.repair.step(chunks)) return;
    for (shm::ClientId client = 1; client < memory.dead.size(); ++client) {
        if (!memory.dead[client]) continue;
        if (attendance_) attendance_->erase(id, client);
        actions_.mended(id, client);
    }
    memory.dead.reset();
    memory.wake_pollers();
}

void QueueMemories::close(store::QueueId id) {
    auto found = memories_.find(id);
    if (found == memories_.end()) return;
    auto& memory = *found->second;
    shm::close(*memory.attachment.memory().header);
    memory.wake_pollers();
    memory.is_closed = true;
    for (const auto& dead : {std::exchange(memory.dead, {}), std::exchange(memory.next_dead, {})})
        for (shm::ClientId client = 1; client < dead.size(); ++client)
            if (dead[client]) actions_.mended(id, client);
    if (attendance_) attendance_->erase_all(id);
    for (const char part : parts) store_.drop(name_of(id, part));
    if (memory.users.empty()) drop(found);
}

// On the pool: it may be a gigabyte. Who still has it mapped, though he said that he has left, has
// no pages of ours in it any more.
void QueueMemories::drop(std::map<store::QueueId, std::unique_ptr<Memory>>::iterator memory) {
    std::shared_ptr<Memory> dropped = std::move(memory->second);
    memories_.erase(memory);
    loop_.work(
        [dropped] {
            dropped->segments.control.give_up();
            dropped->segments.payload.give_up();
        },
        [dropped] {});
}

shm::Figures QueueMemories::figures(store::QueueId id) const {
    auto found = memories_.find(id);
    if (found == memories_.end()) return {};
    return shm::figures_of(found->second->attachment.geometry(),
                           *found->second->attachment.memory().header);
}

void QueueMemories::keep(const std::string& name, int descriptor) {
    auto kept = store_.keep(name, descriptor);
    if (kept) return;
    if (trouble_.empty())
        sys::log(sys::Priority::warning,
                 "queues: they would be empty after a restart: " + kept.error().message +
                     "; retrying every " + std::to_string(pauses_.keeping.count()) + " ms");
    trouble_ = "they would be empty after a restart: " + kept.error().message;
    is_all_kept_ = false;
    keep_timer_.set(pauses_.keeping);
}

void QueueMemories::keep_again() {
    is_all_kept_ = true;
    keep_anew();
    if (!is_all_kept_) return;
    trouble_.clear();
    sys::log(sys::Priority::notice, "queues: they outlive the daemon again");
}

void QueueMemories::keep_anew() {
    if (attendance_) keep(attendance_name, attendance_->fd());
    for (const auto& [id, memory] : memories_)
        if (!memory->is_closed) keep(id, *memory);
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

Result<std::unique_ptr<QueueMemories::Memory>> QueueMemories::adopted(
    const store::QueueRow& row, std::vector<UniqueFd>& descriptors) {
    for (const auto& descriptor : descriptors)
        if (!descriptor) return failure(Errc::not_found, "a part of it was not kept");
    const auto shape = service::shape_of(row);
    auto control = CCD_TRY(copy_of(descriptors[0].get()));
    auto payload = CCD_TRY(copy_of(descriptors[1].get()));
    auto segments = CCD_TRY(shm::adopt_queue(std::move(control), std::move(payload), shape));
    auto attachment =
        CCD_TRY(shm::Attachment::open(segments, shape, shm::Attachment::Role::producer));
    return std::make_unique<Memory>(std::move(segments), std::move(attachment),
                                    std::move(descriptors[2]), std::move(descriptors[3]),
                                    row.on_consumer_death);
}

void QueueMemories::adopt(sys::KeptDescriptors kept) {
    if (adopt_attendance(kept)) {
        for (const auto* queue : actions_.all()) {
            const auto is_kept = [&](char part) {
                return kept.contains(name_of(queue->row.id, part));
            };
            if (std::ranges::any_of(parts, is_kept)) adopt(queue->row, kept);
        }
        for (const auto& attendant : attendance_->all()) readmit(attendant);
    }
    for (auto& [name, descriptor] : kept) close_left_over(name, std::move(descriptor));
    if (!memories_.empty()) mend_wake_.wake();
}

void QueueMemories::adopt(const store::QueueRow& row, sys::KeptDescriptors& kept) {
    std::vector<UniqueFd> descriptors;
    for (const char part : parts) {
        auto found = kept.extract(name_of(row.id, part));
        descriptors.push_back(found ? std::move(found.mapped()) : UniqueFd{});
    }
    auto memory = adopted(row, descriptors);
    if (memory) {
        // Whatever an earlier repair has begun is ended, also if nobody is dead.
        (*memory)->next_dead.set(shm::the_daemon);
        memories_.emplace(row.id, std::move(*memory));
        return;
    }
    sys::log(sys::Priority::warning, "queue '" + row.name +
                                         "': its memory was kept and cannot be used: " +
                                         memory.error().message + "; it is made anew, empty");
    for (std::size_t i = 0; i < parts.size(); ++i)
        close_left_over(name_of(row.id, parts[i]), std::move(descriptors[i]));
}

// Without it nobody knows who uses what: so all are told that it is over, as in a queue that is
// gone. Nor is any memory given up, which would take that word from those who have it mapped.
bool QueueMemories::adopt_attendance(sys::KeptDescriptors& kept) {
    auto memory = kept.extract(attendance_name);
    auto attendance = memory ? Attendance::adopt(std::move(memory.mapped()))
                             : failure(Errc::not_found, "that was not kept");
    if (attendance) {
        attendance_ = std::move(*attendance);
        return true;
    }
    sys::log(sys::Priority::warning, "queues: who uses them is not known: " +
                                         attendance.error().message + "; all are made anew, empty");
    store_.drop(attendance_name);
    return false;
}

void QueueMemories::readmit(const Attendant& attendant) {
    auto found = memories_.find(attendant.queue);
    if (found == memories_.end()) return attendance_->erase(attendant.queue, attendant.client);
    actions_.readmit(attendant.queue, attendant.client, attendant.user);
    found->second->users[attendant.client];
    if (attendant.is_leaving) return actions_.left(attendant.queue, attendant.client);
    look_for(attendant);
}

// Only who is proven dead has left: that there is no such process, or that this number is
// another's, who began at another time. Where that cannot be seen he is taken for alive.
void QueueMemories::look_for(const Attendant& attendant) {
    auto process = std::make_shared<const UniqueFd>(
        static_cast<int>(syscall(SYS_pidfd_open, attendant.user.pid, 0)));
    if (!*process && errno == ESRCH) return actions_.left(attendant.queue, attendant.client);
    // Looked at once we have it: from then on the number is his, if it still is.
    const auto stat = exec::read_stat(attendant.user.pid);
    const bool is_told = attendant.began != 0;  // when he began
    if (!*process || (is_told && !stat)) {
        unseen_.push_back(attendant);
        look_timer_.set(pauses_.look);
        return;
    }
    if (is_told && stat->start_ticks != attendant.began)
        return actions_.left(attendant.queue, attendant.client);
    watch(attendant.queue, *memories_.at(attendant.queue), attendant.client, std::move(process));
}

// Who has left meanwhile may have a successor with his number, who is watched.
void QueueMemories::look_again() {
    sys::log(sys::Priority::warning,
             "queues: whether " + std::to_string(unseen_.size()) +
                 " who used them are alive could not be seen; looking again");
    for (const auto& attendant : std::exchange(unseen_, {})) {
        auto found = memories_.find(attendant.queue);
        if (found == memories_.end()) continue;
        auto user = found->second->users.find(attendant.client);
        if (user != found->second->users.end() && !user->second.process) look_for(attendant);
    }
}

// Of a queue that is gone. Who still waits in it is told so.
void QueueMemories::close_left_over(const std::string& name, UniqueFd descriptor) {
    store_.drop(name);
    if (!descriptor || name == attendance_name) return;
    if (name.ends_with(parts.front())) return shm::close_left_over(std::move(descriptor));
    shm::Hardware::notify(descriptor.get());  // nothing where it is no socket
}

}  // namespace ccd::daemon
