#include "daemon/attendance.h"

#include <atomic>

namespace ccd::daemon {

struct Attendance::Entry {
    store::QueueId queue;
    std::uint64_t began;
    std::int32_t pid;
    std::uint32_t uid;
    std::uint16_t client;
    std::uint8_t use;
    std::uint8_t is_leaving;
    std::uint32_t is_used;  // by an atomic_ref: the last that is written, and the first
};

namespace {

// A header would be a second thing to keep in step: what an older or a later ccd has is of another
// size.
template <class Entry>
constexpr std::size_t size = Attendance::limit * sizeof(Entry);

}  // namespace

Attendance::Attendance(shm::Segment segment, shm::Mapping mapping)
    : segment_(std::move(segment)), mapping_(std::move(mapping)) {
    for (std::uint32_t place = limit; place-- > 0;) {
        const auto& entry = entries()[place];
        if (entry.is_used != 0)
            places_.emplace(Key{entry.queue, entry.client}, place);
        else
            free_.push_back(place);
    }
}

Result<Attendance> Attendance::create() {
    auto segment = CCD_TRY(shm::Segment::create("ccd-attendance", size<Entry>));
    auto mapping = CCD_TRY(shm::Mapping::map(segment, shm::Mapping::Access::write));
    return Attendance{std::move(segment), std::move(mapping)};
}

Result<Attendance> Attendance::adopt(UniqueFd memory) {
    auto segment = CCD_TRY(shm::Segment::adopt(std::move(memory), size<Entry>));
    auto mapping = CCD_TRY(shm::Mapping::map(segment, shm::Mapping::Access::write));
    return Attendance{std::move(segment), std::move(mapping)};
}

Result<void> Attendance::enter(const Attendant& attendant) {
    if (free_.empty())
        return failure(Errc::over_limit, "queues are used as often as can be; try again later");
    const auto place = free_.back();
    free_.pop_back();
    auto& entry = entries()[place];
    entry.queue = attendant.queue;
    entry.began = attendant.began;
    entry.pid = attendant.user.pid;
    entry.uid = attendant.user.uid;
    entry.client = attendant.client;
    entry.use = static_cast<std::uint8_t>(attendant.user.use);
    entry.is_leaving = 0;
    std::atomic_ref{entry.is_used}.store(1, std::memory_order_release);
    places_.emplace(Key{attendant.queue, attendant.client}, place);
    return {};
}

void Attendance::set_leaving(store::QueueId queue, shm::ClientId client) {
    auto found = places_.find({queue, client});
    if (found != places_.end()) entries()[found->second].is_leaving = 1;
}

void Attendance::erase(store::QueueId queue, shm::ClientId client) {
    auto found = places_.find({queue, client});
    if (found == places_.end()) return;
    std::atomic_ref{entries()[found->second].is_used}.store(0, std::memory_order_release);
    free_.push_back(found->second);
    places_.erase(found);
}

void Attendance::erase_all(store::QueueId queue) {
    for (auto found = places_.lower_bound({queue, 0});
         found != places_.end() && found->first.first == queue;)
        erase(queue, std::exchange(found, std::next(found))->first.second);
}

std::vector<Attendant> Attendance::all() const {
    std::vector<Attendant> attendants;
    for (const auto& [key, place] : places_) {
        const auto& entry = entries()[place];
        attendants.push_back({.queue = entry.queue,
                              .client = entry.client,
                              .user = {.pid = entry.pid,
                                       .uid = entry.uid,
                                       .use = static_cast<queue::Use>(entry.use)},
                              .began = entry.began,
                              .is_leaving = entry.is_leaving != 0});
    }
    return attendants;
}

}  // namespace ccd::daemon
