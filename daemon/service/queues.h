// Queues in shared memory: which there are, who may use them and who does.
//
//   created --attach--> used --detach, or the process is dead--> mended
//      '--destroy--> closed: who uses it is told, and may take what is in line
//                      '--the last of them is mended--> gone
//
// What is in a queue is no business of the rules. Its memory is made by the daemon when somebody
// attaches; until then a queue is a row and a claim on the budget. One that is destroyed has no
// name any more, and keeps its claim as long as somebody uses it, for so long there is its memory.
//
// Who attaches gets a number in that queue. When he detaches or dies it is taken from him, and it
// is given out again only when the daemon has given back whatever he had (`mended`).
//
// Nobody but its maker sees a queue whose creation is not on disk, and who attaches to it waits.
//
// Owner: Service. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/queue.h"
#include "ccd/result.h"
#include "daemon/service/decisions.h"
#include "daemon/service/findings.h"
#include "daemon/store/batch.h"
#include "lib/shm/geometry.h"
#include "lib/shm/words.h"

namespace ccd::service {

struct QueuesConfig {
    Bytes max_memory = 1_GiB;
    Bytes max_memory_per_user = 256_MiB;
};

struct QueueUser {
    std::int32_t pid = 0;
    std::uint32_t uid = 0;
    queue::Use use = queue::Use::both;
};

struct Queue {
    store::QueueRow row;
    std::map<shm::ClientId, QueueUser> users;
    std::set<shm::ClientId> leaving;   // what they had is not given back yet
    shm::ClientId last_client = 0;     // the number given last
    std::vector<AttachQueue> waiting;  // until its creation is on disk
    store::BatchId changed_in = 0;     // it was made or destroyed
    bool is_settled = true;            // that is on disk
    bool is_destroyed = false;

    bool is_used() const { return !users.empty() || !leaving.empty(); }
};

bool is_possible(const store::QueueRow& row);
// REQUIRES: is_possible(row).
shm::QueueShape shape_of(const store::QueueRow& row);
Bytes memory_of(const store::QueueRow& row);
// As it is written: octal, with a leading zero.
std::string mode_text(std::uint32_t mode);

class Queues {
public:
    static constexpr std::size_t name_limit = 255;  // bytes
    // Queues in all, with those destroyed that are still used: the names of the descriptors that
    // are kept of them must fit into 128 KiB together.
    static constexpr std::size_t queue_limit = 1'024;
    static constexpr std::size_t queues_per_uid = 256;   // of one user but an administrator
    static constexpr std::size_t user_limit = 8'192;     // attachments, in all
    static constexpr std::size_t users_per_uid = 1'024;  // of one user
    // Who is in the group of a queue, beyond his first: asked where it matters.
    using IsInGroup = std::function<bool(std::uint32_t gid)>;

    Queues(QueuesConfig config, Decisions& decisions) : config_(config), decisions_(decisions) {}

    // Begins anew from what is committed. Who used a queue goes on, also where it is gone.
    void load(std::vector<store::QueueRow> rows, store::QueueId last);
    void set_config(QueuesConfig config) { config_ = config; }
    void committed(store::BatchId batch);
    // What is not committed counts as gone until the next load shows it; who waits is told why.
    void interrupt(const Error& why);

    // False: it was there in this shape, of a user who may use it.
    Result<bool> create(const queue::CreateRequest& request, const Caller& caller,
                        const IsInGroup& is_in_group);
    // How many used it.
    Result<std::size_t> destroy(std::string_view name, const Caller& caller,
                                const IsInGroup& is_in_group);
    // Decides an AttachQueue, once the queue is on disk.
    Result<void> attach(const queue::AttachRequest& request, const Caller& caller,
                        const Ticket& ticket, const IsInGroup& is_in_group, PassedProcess process);
    // Only by the process that attached.
    Result<void> detach(const queue::DetachRequest& request, const Caller& caller);

    // He used it under an earlier daemon, whoever may use it now.
    void readmit(store::QueueId id, shm::ClientId client, const QueueUser& user);
    // He is dead, or was never told of his number: from now on it is being mended.
    void leave(store::QueueId id, shm::ClientId client);
    void mended(store::QueueId id, shm::ClientId client);

    // What no queue of ours is like, among those on disk.
    static void inspect(std::span<const store::QueueRow> rows, store::QueueId last,
                        Findings& findings);

    // Those that he may use, by name: so many after this one.
    std::vector<const Queue*> visible_to(const Caller& caller, const IsInGroup& is_in_group,
                                         std::string_view after, std::size_t limit) const;
    Result<const Queue*> look(std::string_view name, const Caller& caller,
                              const IsInGroup& is_in_group) const;
    // Null where there is none, or it is destroyed.
    const Queue* find(store::QueueId id) const;
    // Without those that are destroyed.
    std::vector<const Queue*> all() const;
    std::size_t size() const { return names_.size(); }
    // That is claimed, also by those that are destroyed and still used.
    Bytes memory() const { return memory_; }

private:
    struct Claim {
        std::size_t queues = 0;
        Bytes memory;
    };

    Claim claim_of(std::uint32_t uid) const;
    Result<void> check_number(const Caller& caller) const;
    Result<void> check_memory(const store::QueueRow& row, const Caller& caller) const;
    Result<shm::ClientId> free_number(const Queue& queue, std::uint32_t uid) const;
    void add(Queue queue);
    void change(Queue& queue);
    void settle(Queue& queue);
    // A destroyed one goes when its end is on disk and nobody uses it.
    void drop_if_over(const Queue& queue);
    void forget_user(std::uint32_t uid);

    QueuesConfig config_;
    Decisions& decisions_;
    std::map<store::QueueId, Queue> queues_;
    std::map<std::string, store::QueueId, std::less<>> names_;  // of those that are not destroyed
    std::map<std::string, store::QueueRow, std::less<>> unusable_;  // on disk, and only to destroy
    std::set<store::QueueId> unsettled_;
    store::QueueId last_ = 0;
    Bytes memory_;
    std::map<std::uint32_t, Claim> claims_;  // by owner
    std::map<std::uint32_t, std::size_t> users_of_uid_;
    std::size_t users_ = 0;
};

}  // namespace ccd::service
