// The memory of the queues, and who is watched because he uses it.
//
// A queue's memory is made when somebody attaches for the first time, on libuv's pool, for the
// kernel must find all of it. Everybody who attaches is watched by a descriptor of his process, so
// that his death is told by the kernel and nothing else. What the dead had is given back in small
// steps between the turns of the loop. No word that others can write is waited for or trusted.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "daemon/loop/loop.h"
#include "daemon/service/service.h"
#include "lib/shm/attachment.h"
#include "lib/shm/repair.h"

namespace ccd::daemon {

class QueueMemories {
public:
    struct Actions {
        std::function<const service::Queue*(store::QueueId)> find;
        // He is dead, or was never told that he has attached.
        std::function<void(store::QueueId, shm::ClientId)> left;
        // Nothing in the queue is his any more.
        std::function<void(store::QueueId, shm::ClientId)> mended;
        std::function<void(const service::Ticket&, const std::string& frame, std::vector<UniqueFd>)>
            reply;
    };

    // Chunks that are looked at in a turn.
    static constexpr std::uint32_t chunks_per_step = 4'096;

    QueueMemories(loop::Loop& loop, Actions actions);

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
        Memory(shm::QueueMemory made, shm::Attachment opened, queue::OnConsumerDeath on_death);

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
    void made(store::QueueId id, Result<std::unique_ptr<Memory>> memory);
    Result<void> give(Memory& memory, const service::AttachQueue& asked,
                      const store::QueueRow& row);
    void refuse(const service::AttachQueue& asked, Error error);
    void watch(Memory& memory, const service::AttachQueue& asked);
    void mend_some();
    bool mend_some(store::QueueId id, Memory& memory);

    loop::Loop& loop_;
    Actions actions_;
    std::map<store::QueueId, std::unique_ptr<Memory>> memories_;
    std::map<store::QueueId, std::vector<service::AttachQueue>> waiting_;  // for its memory
    loop::Timer mend_timer_;
};

}  // namespace ccd::daemon
