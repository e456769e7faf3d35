#include "lib/shm/attachment.h"

#include <sys/stat.h>

namespace ccd::shm {
namespace {

// What the kernel has zeroed is taken for what stands there: for atomic words of the processor it
// is the same, though the language would have each of them constructed by whoever comes first.
template <class Word>
Word* at(const Mapping& mapping, std::size_t offset) {
    return reinterpret_cast<Word*>(mapping.bytes() + offset);
}

}  // namespace

Result<QueueMemory> create_queue(const std::string& name, QueueShape shape) {
    const Geometry geometry{shape};
    auto control = CCD_TRY(Segment::create(name, geometry.control_size()));
    auto payload = CCD_TRY(Segment::create(name, geometry.payload_size()));
    QueueMemory memory{.control = std::move(control), .payload = std::move(payload)};
    const Attachment attachment =
        CCD_TRY(Attachment::map(memory, shape, Attachment::Role::producer));
    prepare(geometry, attachment.memory());
    return memory;
}

Result<QueueMemory> adopt_queue(UniqueFd control, UniqueFd payload, QueueShape shape) {
    const Geometry geometry{shape};
    auto head = CCD_TRY(Segment::adopt(std::move(control), geometry.control_size()));
    auto body = CCD_TRY(Segment::adopt(std::move(payload), geometry.payload_size()));
    return QueueMemory{.control = std::move(head), .payload = std::move(body)};
}

void close_left_over(UniqueFd control) {
    struct stat found {};
    if (::fstat(control.get(), &found) != 0) return;
    const auto size = static_cast<std::size_t>(found.st_size);
    if (size < Geometry::header_size) return;
    const auto segment = Segment::adopt(std::move(control), size);
    if (!segment) return;
    const auto mapping = Mapping::map(*segment, Mapping::Access::write);
    if (!mapping) return;
    auto& header = *at<Header<Hardware>>(*mapping, 0);
    if (header.layout.load(std::memory_order_relaxed) == layout) close(header);
}

Result<Attachment> Attachment::open(const QueueMemory& memory, QueueShape shape, Role role) {
    Attachment attachment = CCD_TRY(map(memory, shape, role));
    if (attachment.memory().header->layout.load(std::memory_order_relaxed) != layout)
        return failure(Errc::conflict,
                       "the queue's memory is laid out by another version of ccd: "
                       "destroy the queue and make it anew");
    return attachment;
}

Result<Attachment> Attachment::map(const QueueMemory& memory, QueueShape shape, Role role) {
    const auto payload_access =
        role == Role::producer ? Mapping::Access::write : Mapping::Access::read;
    Mapping control = CCD_TRY(Mapping::map(memory.control, Mapping::Access::write));
    Mapping payload = CCD_TRY(Mapping::map(memory.payload, payload_access));
    return Attachment{Geometry{shape}, std::move(control), std::move(payload)};
}

Memory<Hardware> Attachment::memory() const {
    using Word = Hardware::Atomic<std::uint64_t>;
    return {.header = at<Header<Hardware>>(control_, 0),
            .slots = at<Word>(control_, geometry_.slots_at()),
            .chunks = at<Chunk<Hardware>>(control_, geometry_.states_at()),
            .bits = at<Word>(control_, geometry_.bits_at()),
            .payload = payload_.bytes()};
}

}  // namespace ccd::shm
