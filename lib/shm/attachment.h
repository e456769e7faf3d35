// A queue as one process has it: both memories, mapped, and where everything lies in them.
//
// Owner: whoever attached. One thread at a time; a process that wants more attaches again.
#pragma once

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "lib/shm/geometry.h"
#include "lib/shm/memory.h"
#include "lib/shm/queue.h"
#include "lib/shm/segment.h"

namespace ccd::shm {

// The two memories, by descriptor.
struct QueueMemory {
    Segment control;
    Segment payload;
};

// A new, empty queue. REQUIRES: is_possible(shape).
Result<QueueMemory> create_queue(const std::string& name, QueueShape shape);

// What `create_queue` gave, in whatever process, by its descriptors. Refuses what is not of this
// shape and sealed so (bad_request).
Result<QueueMemory> adopt_queue(UniqueFd control, UniqueFd payload, QueueShape shape);

// Closes a queue of whatever shape, by its control memory. Of what is none nothing is touched.
void close_left_over(UniqueFd control);

class Attachment {
public:
    // Who only takes has no right to write the payload, and needs none.
    enum class Role : std::uint8_t { consumer, producer };
    // Refuses memory of another layout (conflict).
    static Result<Attachment> open(const QueueMemory& memory, QueueShape shape, Role role);

    const Geometry& geometry() const { return geometry_; }
    Memory<Hardware> memory() const;

private:
    friend Result<QueueMemory> create_queue(const std::string& name, QueueShape shape);
    static Result<Attachment> map(const QueueMemory& memory, QueueShape shape, Role role);

    Attachment(Geometry geometry, Mapping control, Mapping payload)
        : geometry_(geometry), control_(std::move(control)), payload_(std::move(payload)) {}

    Geometry geometry_;
    Mapping control_;
    Mapping payload_;
};

}  // namespace ccd::shm
