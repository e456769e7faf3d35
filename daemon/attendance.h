// Who uses which queue, in memory that outlives this process as the queues do.
//
// Each is one entry of a table. It is used from when it says so, which is written last, until it
// says so no more: wherever a daemon ends, the next one finds whole entries only. A process is told
// from a later one with its number by when it began.
//
// Owner: QueueMemories. Loop thread only. No other process ever has this memory but a keeper.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "daemon/service/queues.h"
#include "lib/shm/segment.h"

namespace ccd::daemon {

struct Attendant {
    store::QueueId queue = 0;
    shm::ClientId client = 0;
    service::QueueUser user;
    std::uint64_t began = 0;  // ticks since boot
    bool is_leaving = false;  // what he had is being given back
};

class Attendance {
public:
    // With those who are leaving.
    static constexpr std::size_t limit = 16'384;

    static Result<Attendance> create();
    // Refuses what no attendance of ours is.
    static Result<Attendance> adopt(UniqueFd memory);

    int fd() const { return segment_.fd(); }

    Result<void> enter(const Attendant& attendant);
    void set_leaving(store::QueueId queue, shm::ClientId client);
    void erase(store::QueueId queue, shm::ClientId client);
    // The queue is gone.
    void erase_all(store::QueueId queue);
    std::vector<Attendant> all() const;

private:
    struct Entry;
    using Key = std::pair<store::QueueId, shm::ClientId>;

    Attendance(shm::Segment segment, shm::Mapping mapping);

    Entry* entries() const { return reinterpret_cast<Entry*>(mapping_.bytes()); }

    shm::Segment segment_;
    shm::Mapping mapping_;
    std::map<Key, std::uint32_t> places_;
    std::vector<std::uint32_t> free_;
};

}  // namespace ccd::daemon
