#include "tests/stress/queue/vandal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <utility>

#include "lib/shm/memory.h"

namespace ccd::stress {
namespace {

constexpr std::size_t header_words = shm::Geometry::header_size / sizeof(std::uint64_t);
constexpr std::size_t openness_word =
    offsetof(shm::Header<shm::Hardware>, openness) / sizeof(std::uint64_t);

Result<std::span<std::uint64_t>> map(const UniqueFd& memory) {
    struct stat found {};
    if (::fstat(memory.get(), &found) != 0) return failure(Errc::internal, "no memory came");
    const auto size = static_cast<std::size_t>(found.st_size);
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (at == MAP_FAILED) return failure(Errc::internal, "memory cannot be mapped");
    return std::span{static_cast<std::uint64_t*>(at), size / sizeof(std::uint64_t)};
}

// Full, and of all flags the one is gone that keeps others from waiting on it for ever.
void clog(const UniqueFd& event) {
    const std::array<char, 4'096> bytes{};
    while (::send(event.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
    ::fcntl(event.get(), F_SETFL, 0);
}

}  // namespace

Result<Vandal> Vandal::break_in(client::Client& client, const std::string& queue,
                                std::uint64_t seed) {
    const UniqueFd me{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    client.take_descriptors();
    const auto reply = CCD_TRY(client.call<queue::Attach>({.name = queue}, me));
    const auto descriptors = client.take_descriptors();
    if (descriptors.size() != 4) return failure(Errc::internal, "not all descriptors came");
    Vandal vandal{{.queue = reply.queue, .client = reply.client}, seed};
    vandal.control_ = CCD_TRY(map(descriptors[0]));
    vandal.payload_ = CCD_TRY(map(descriptors[1]));
    clog(descriptors[2]);
    clog(descriptors[3]);
    return vandal;
}

Vandal::Vandal(Vandal&& other) noexcept
    : use_(other.use_),
      chance_(other.chance_),
      control_(std::exchange(other.control_, {})),
      payload_(std::exchange(other.payload_, {})) {}

Vandal::~Vandal() {
    for (const auto memory : {control_, payload_})
        if (!memory.empty()) ::munmap(memory.data(), memory.size_bytes());
}

Result<void> Vandal::leave(client::Client& client) {
    CCD_TRY(client.call<queue::Detach>(use_));
    return {};
}

void Vandal::rage(std::size_t words) {
    for (; words > 0; --words) {
        const auto what = chance_() % 8;
        const auto memory = what == 0  ? payload_
                            : what < 4 ? control_.first(header_words)
                                       : control_;
        const auto at = chance_() % memory.size();
        if (what != 0 && at == openness_word && chance_() % 4'096 != 0) continue;
        std::atomic_ref word{memory[at]};
        word.store(instead_of(word.load(std::memory_order_relaxed)), std::memory_order_relaxed);
    }
}

std::uint64_t Vandal::instead_of(std::uint64_t word) {
    switch (chance_() % 8) {
        case 0:
            return chance_();
        case 1:
            return 0;
        case 2:
            return ~std::uint64_t{0};
        case 3:
            return word + 1;
        case 4:
            return word - 1;
        case 5:
            return word ^ std::uint64_t{1} << chance_() % 64;
        case 6:
            return shm::ChunkState{.kind = static_cast<shm::Kind>(chance_() % 4),
                                   .client = static_cast<shm::ClientId>(chance_() % 8),
                                   .ticket = word % 1'024}
                .word();
        default:
            return shm::Slot{.cycle = word % 16,
                             .chunk = static_cast<shm::ChunkId>(chance_() % 256)}
                .word();
    }
}

}  // namespace ccd::stress
