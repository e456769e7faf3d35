// The memory of the queues, and who is watched because he uses it.
//
// A queue's memory is made when somebody attaches for the first time, on libuv's pool, for the
// kernel must find all of it. Everybody who attaches is watched by a descriptor of his process, so
// that his death is told by the kernel and nothing else. What the dead had is given back in small
// steps between the turns of the loop. No word that others can write is waited for or trusted.
//
// What is in the queues, and who uses them, outlives this process: both are given to a keeper, and
// had back by the next ccd (`adopt`).
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/attendance.h"
#include "daemon/loop/loop.h"
#include "daemon/service/service.h"
#include "daemon/sys/descriptor_store.h"
#include "lib/shm/attachment.h"
#include "lib/shm/repair.h"

namespace ccd::daemon {

class QueueMemories {
public:
    struct Actions {
        std::function<const service::Queue*(store::QueueId)> find;
        std::function<std::vector<const service::Queue*>()> all;
        // He has used it under an earlier ccd.
        std::function<void(store::QueueId, shm::ClientId, const service::QueueUser&)> readmit;
        // He is dead, or was never told that he has attached.
        std::function<void(store::QueueId, shm::ClientId)> left;
        // Nothing in the queue is his any more.
        std::function<void(store::QueueId, shm::ClientId)> mended;
        std::function<void(const service::Ticket&, const std::string& frame, std::vector<UniqueFd>)>
            reply;
    };

    // Chunks that are looked at in a turn.
    static constexpr std::uint32_t chunks_per_step = 4'096;

    QueueMemories(loop::Loop& loop, sys::DescriptorStore& store, Actions actions);

    // What an earlier ccd has had kept. Once, when it is known which queues there are.
    void adopt(sys::KeptDescriptors kept);

    void attach(const service::AttachQueue& asked);
    // He uses it no more: what he had is given back.
    void mend(store::QueueId id, shm::ClientId client);
    // It is gone: whoever waits in it is woken, and takes what is still in line.
    void close(store::QueueId id);

    // All zero where nobody has used it yet.
    shm::Figures figures(store::QueueId id) const;

private:
    struct User {
        service::PassedProcess process;
        std::unique_ptr<loop::Poll> poll;
    };
    struct Memory {
        Memory(shm::QueueMemory made, shm::Attachment opened, UniqueFd message_event,
               UniqueFd room_event, queue::OnConsumerDeath on_death);

        shm::QueueMemory segments;
        shm::Attachment attachment;
        UniqueFd message;  // eventfds
        UniqueFd room;
        std::map<shm::ClientId, User> users;
        shm::Repair<shm::Hardware> repair;
        shm::Dead dead;       // of the pass that is under way
        shm::Dead next_dead;  // and of the next
    };

    static Result<std::unique_ptr<Memory>> make(const store::QueueRow& row);
    static Result<std::unique_ptr<Memory>> adopted(const store::QueueRow& row,
                                                   sys::KeptDescriptors& kept);
    void adopt_attendance(sys::KeptDescriptors& kept);
    void readmit(const Attendant& attendant);
    void close_left_over(const std::string& name, UniqueFd descriptor);
    Result<void> make_attendance();
    void keep(store::QueueId id, const Memory& memory);
    void keep(const std::string& name, int descriptor);
    void made(store::QueueId id, Result<std::unique_ptr<Memory>> memory);
    Result<void> give(Memory& memory, const service::AttachQueue& asked,
                      const store::QueueRow& row);
    void refuse(const service::AttachQueue& asked, Error error);
    void watch(store::QueueId id, Memory& memory, shm::ClientId client,
               service::PassedProcess process);
    void mend_some();
    bool mend_some(store::QueueId id, Memory& memory);

    loop::Loop& loop_;
    sys::DescriptorStore& store_;
    Actions actions_;
    std::optional<Attendance> attendance_;  // none: nobody has attached yet
    bool is_keeping_ = true;                // as far as is known
    std::map<store::QueueId, std::unique_ptr<Memory>> memories_;
    std::map<store::QueueId, std::vector<service::AttachQueue>> waiting_;  // for its memory
    loop::Timer mend_timer_;
};

}  // namespace ccd::daemon
