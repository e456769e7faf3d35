#include "lib/shm/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace ccd::shm {
namespace {

// The kernel's, where the headers are older.
constexpr unsigned noexec_seal = 0x0008U;  // MFD_NOEXEC_SEAL, Linux 6.3

constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW;

tl::unexpected<Error> failed(const std::string& what, Errc code = Errc::internal) {
    return failure(code, "shared memory: " + what + ": " + std::generic_category().message(errno));
}

UniqueFd make(const std::string& name) {
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    UniqueFd memory{::memfd_create(name.c_str(), flags | noexec_seal)};
    if (!memory && errno == EINVAL) memory.reset(::memfd_create(name.c_str(), flags));
    return memory;
}

}  // namespace

Result<Segment> Segment::create(const std::string& name, std::size_t size) {
    UniqueFd memory = make(name);
    if (!memory) return failed("cannot be made");
    const auto length = static_cast<off_t>(size);
    if (::fchmod(memory.get(), 0600) != 0) return failed("cannot be kept to its owner");
    if (::ftruncate(memory.get(), length) != 0) return failed("cannot have this size");
    if (::fallocate(memory.get(), 0, 0, length) != 0)
        return failed("there is not so much", Errc::over_limit);
    if (::fcntl(memory.get(), F_ADD_SEALS, size_seals | F_SEAL_SEAL) != 0)
        return failed("cannot be sealed");
    return Segment{std::move(memory), size};
}

Result<Segment> Segment::adopt(UniqueFd memory, std::size_t size) {
    struct stat found {};
    if (::fstat(memory.get(), &found) != 0) return failed("cannot be examined");
    const int seals = ::fcntl(memory.get(), F_GET_SEALS);
    if (!S_ISREG(found.st_mode) || seals < 0 || (seals & size_seals) != size_seals)
        return failure(Errc::bad_request, "shared memory: its size is not fixed: it was not used");
    if (static_cast<std::uint64_t>(found.st_size) != size)
        return failure(Errc::bad_request, "shared memory: it has " + std::to_string(found.st_size) +
                                              " bytes and not " + std::to_string(size) +
                                              ": it was not used");
    return Segment{std::move(memory), size};
}

void Segment::give_up() const {
    ::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                static_cast<off_t>(size_));
}

Result<UniqueFd> Segment::open_for_reading() const {
    const std::string path = "/proc/self/fd/" + std::to_string(memory_.get());
    UniqueFd reading{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!reading) return failed("cannot be opened for reading");
    return reading;
}

Result<Mapping> Mapping::map(const Segment& segment, Access access) {
    const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
    void* bytes = ::mmap(nullptr, segment.size(), protection, MAP_SHARED, segment.fd(), 0);
    if (bytes == MAP_FAILED) return failed("cannot be mapped");
    Mapping mapping{static_cast<std::byte*>(bytes), segment.size()};
    if (::madvise(bytes, segment.size(), MADV_DONTFORK) != 0)
        return failed("cannot be kept from children");
    return mapping;
}

Mapping::~Mapping() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
}

}  // namespace ccd::shm
