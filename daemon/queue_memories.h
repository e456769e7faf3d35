// The memory of the queues, and who is watched because he uses it.
//
// A queue's memory is made when somebody attaches for the first time, on libuv's pool, for the
// kernel must find all of it. Everybody who attaches is watched by a descriptor of his process, so
// that his death is told by the kernel and nothing else. What the dead had is given back in small
// steps between the turns of the loop. No word that others can write is waited for or trusted.
//
// The memory of a queue that is destroyed stays until the last who uses it has left, for until then
// it is on the daemon's account.
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
        // False: his connection has ended.
        std::function<bool(const service::Ticket&, const std::string& frame, std::vector<UniqueFd>)>
            reply;
    };

    // Chunks that are looked at in a turn, of all queues.
    static constexpr std::uint32_t chunks_per_turn = 4'096;
    struct Pauses {
        Millis look{1'000};      // until what could not be seen of a process is looked at again
        Millis keeping{10'000};  // until what could not be kept is given to its keeper again
    };

    QueueMemories(loop::Loop& loop, sys::DescriptorStore& store, Actions actions, Pauses pauses);

    // What an earlier ccd has had kept. Once, when it is known which queues there are.
    void adopt(sys::KeptDescriptors kept);

    void attach(const service::AttachQueue& asked);
    // He uses it no more: what he had is given back.
    void mend(store::QueueId id, shm::ClientId client);
    // It is gone: whoever waits in it is woken, and takes what is still in line.
    void close(store::QueueId id);

    // Who keeps them has lost what he had.
    void keep_anew();
    // Why they will be empty after a restart; empty: they will not.
    const std::string& trouble() const { return trouble_; }

    // All zero where nobody has used it yet.
    shm::Figures figures(store::QueueId id) const;

private:
    struct User {
        service::PassedProcess process;
        std::unique_ptr<loop::Poll> poll;
    };
    struct Memory {
        Memory(shm::QueueMemory made, shm::Attachment opened, UniqueFd message_end,
               UniqueFd room_end, queue::OnConsumerDeath on_death);

        bool is_mending() const { return dead.any() || next_dead.any(); }
        void wake_pollers() const;

        shm::QueueMemory segments;
        shm::Attachment attachment;
        // The two ends of one pair of sockets: each wakes who polls the other.
        UniqueFd message;
        UniqueFd room;
        std::map<shm::ClientId, User> users;
        bool is_closed = false;
        shm::Repair<shm::Hardware> repair;
        shm::Dead dead;       // of the pass that is under way
        shm::Dead next_dead;  // and of the next
    };

    static Result<std::unique_ptr<Memory>> make(const store::QueueRow& row);
    // Takes them where it can use them.
    static Result<std::unique_ptr<Memory>> adopted(const store::QueueRow& row,
                                                   std::vector<UniqueFd>& descriptors);
    void adopt(const store::QueueRow& row, sys::KeptDescriptors& kept);
    // False: there is none that can be used.
    bool adopt_attendance(sys::KeptDescriptors& kept);
    void readmit(const Attendant& attendant);
    void look_for(const Attendant& attendant);
    void look_again();
    void close_left_over(const std::string& name, UniqueFd descriptor);
    Result<void> make_attendance();
    void keep(store::QueueId id, const Memory& memory);
    void keep(const std::string& name, int descriptor);
    void keep_again();
    void made(store::QueueId id, Result<std::unique_ptr<Memory>> memory);
    Result<void> give(Memory& memory, const service::AttachQueue& asked,
                      const store::QueueRow& row);
    void answer(const service::AttachQueue& asked, const Error& error);
    // And his number is taken back.
    void refuse(const service::AttachQueue& asked, const Error& error);
    void watch(store::QueueId id, Memory& memory, shm::ClientId client,
               service::PassedProcess process);
    void mend_some();
    void mend_some(store::QueueId id, Memory& memory, std::uint32_t& chunks);
    void drop(std::map<store::QueueId, std::unique_ptr<Memory>>::iterator memory);

    loop::Loop& loop_;
    sys::DescriptorStore& store_;
    Actions actions_;
    const Pauses pauses_;
    std::optional<Attendance> attendance_;  // none: nobody has attached yet
    std::string trouble_;
    bool is_all_kept_ = true;
    std::vector<Attendant> unseen_;  // whether they live is not known yet
    std::map<store::QueueId, std::unique_ptr<Memory>> memories_;
    std::map<store::QueueId, std::vector<service::AttachQueue>> waiting_;  // for its memory
    loop::Async mend_wake_;           // a timer of none would fire again in the same turn
    store::QueueId last_mended_ = 0;  // each gets its turn
    loop::Timer look_timer_;
    loop::Timer keep_timer_;
};

}  // namespace ccd::daemon
