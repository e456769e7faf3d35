// A piece of memory that processes share: made once, sealed, and mapped by each.
//
// Its size is fixed for good, so no access within it can fail because somebody has cut it off. It
// is for its owner's uid alone: who may have it is given a descriptor, and a descriptor for reading
// cannot be turned into one for writing by other users.
//
// All of its pages are there from the start, on the account of who makes it: a job that puts a
// message into a queue is not killed for the queue's memory. (Who may write can punch holes, which
// whoever touches them next pays for: those who share a queue share that risk.)
//
// Thread rule: a value; as a UniqueFd.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::shm {

class Segment {
public:
    // All zeros. REQUIRES: the machine can spare so much; the kernel finds room at the cost of
    // whoever has most.
    static Result<Segment> create(const std::string& name, std::size_t size);
    // One that another process has made. Refuses what has another size, or could change it.
    static Result<Segment> adopt(UniqueFd memory, std::size_t size);

    // For who may only read it; the descriptor is his own.
    Result<UniqueFd> open_for_reading() const;

    // Its pages are the kernel's again: who has it mapped finds zeros, and what he touches is on
    // his own account from then on.
    void give_up() const;

    int fd() const { return memory_.get(); }
    std::size_t size() const { return size_; }

private:
    Segment(UniqueFd memory, std::size_t size) : memory_(std::move(memory)), size_(size) {}

    UniqueFd memory_;
    std::size_t size_ = 0;
};

// Where a process sees a segment. A child that is forked does not have it: it would be somebody
// else under the same name.
class Mapping {
public:
    enum class Access : std::uint8_t { read, write };
    static Result<Mapping> map(const Segment& segment, Access access);

    Mapping() = default;
    Mapping(Mapping&& other) noexcept
        : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Mapping();

    std::byte* bytes() const { return bytes_; }
    std::size_t size() const { return size_; }

private:
    Mapping(std::byte* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace ccd::shm
