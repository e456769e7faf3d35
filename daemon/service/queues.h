// Queues in shared memory: which there are, who may use them and who does.
//
//   created --attach--> used --detach, or the process is dead--> mended
//      '--destroy--> gone: who uses it is told, and may take what is in line
//
// What is in a queue is no business of the rules. Its memory is made by the daemon when somebody
// attaches; until then a queue is a row and a claim on the budget.
//
// Who attaches gets a number in that queue. When he detaches or dies it is taken from him, and it
// is given out again only when the daemon has given back whatever he had (`mended`).
//
// Owner: Service. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/queue.h"
#include "ccd/result.h"
#include "daemon/service/decisions.h"
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
    std::set<shm::ClientId> leaving;  // what they had is not given back yet
};

shm::QueueShape shape_of(const store::QueueRow& row);
Bytes memory_of(const store::QueueRow& row);
// As it is written: octal, with a leading zero.
std::string mode_text(std::uint32_t mode);

class Queues {
public:
    static constexpr std::size_t name_limit = 255;       // bytes
    static constexpr std::size_t queue_limit = 4'096;    // in all
    static constexpr std::size_t user_limit = 8'192;     // attachments, in all
    static constexpr std::size_t users_per_uid = 1'024;  // of one user
    // Who is in the group of a queue, beyond his first: asked where it matters.
    using IsInGroup = std::function<bool(std::uint32_t gid)>;

    Queues(QueuesConfig config, Decisions& decisions) : config_(config), decisions_(decisions) {}

    // Begins anew from what is committed. Who used a queue that is still there goes on.
    void load(std::vector<store::QueueRow> rows, store::QueueId last);
    void set_config(QueuesConfig config) { config_ = config; }

    // False: it was there in this shape, of a user who may use it.
    Result<bool> create(const queue::CreateRequest& request, const Caller& caller,
                        const IsInGroup& is_in_group);
    // How many used it.
    Result<std::size_t> destroy(std::string_view name, const Caller& caller,
                                const IsInGroup& is_in_group);
    // Decides an AttachQueue.
    Result<void> attach(const queue::AttachRequest& request, const Caller& caller,
                        const Ticket& ticket, const IsInGroup& is_in_group, PassedProcess process);
    // Only by the process that attached.
    Result<void> detach(const queue::DetachRequest& request, const Caller& caller);

    // He used it under an earlier daemon, whoever may use it now.
    void readmit(store::QueueId id, shm::ClientId client, const QueueUser& user);
    // He is dead, or was never told of his number: from now on it is being mended.
    void leave(store::QueueId id, shm::ClientId client);
    void mended(store::QueueId id, shm::ClientId client);

    // Those that he may use, by name.
    std::vector<const Queue*> visible_to(const Caller& caller, const IsInGroup& is_in_group) const;
    Result<const Queue*> look(std::string_view name, const Caller& caller,
                              const IsInGroup& is_in_group) const;
    // Null where there is none.
    const Queue* find(store::QueueId id) const;
    std::vector<const Queue*> all() const;
    std::size_t size() const { return queues_.size(); }
    Bytes memory() const { return memory_; }

private:
    Result<void> check_budget(const store::QueueRow& row, const Caller& caller) const;
    Result<shm::ClientId> free_number(const Queue& queue, std::uint32_t uid) const;
    void add(Queue queue);
    void erase(const Queue& queue);
    void forget_user(std::uint32_t uid);

    QueuesConfig config_;
    Decisions& decisions_;
    std::map<store::QueueId, Queue> queues_;
    std::map<std::string, store::QueueId, std::less<>> names_;
    store::QueueId last_ = 0;
    Bytes memory_;
    std::map<std::uint32_t, Bytes> memory_of_user_;
    std::map<std::uint32_t, std::size_t> users_of_uid_;
    std::size_t users_ = 0;
};

}  // namespace ccd::service
