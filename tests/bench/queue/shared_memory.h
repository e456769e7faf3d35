// Memory that a process shares with those it forks: all zeros at first.
//
// Owner: who makes it; the processes that it forks have it until their end.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "ccd/result.h"
#include "tests/harness/error.h"

namespace ccd::bench::queue {

class SharedMemory {
public:
    static Result<SharedMemory> create(std::size_t size) {
        void* bytes =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (bytes == MAP_FAILED) return harness::failure_from(errno, "no memory to share");
        return SharedMemory{static_cast<std::byte*>(bytes), size};
    }

    SharedMemory(SharedMemory&& other) noexcept
        : bytes_(std::exchange(other.bytes_, nullptr)), size_(other.size_) {}
    SharedMemory& operator=(SharedMemory&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~SharedMemory() {
        if (bytes_) ::munmap(bytes_, size_);
    }

    std::byte* bytes() const { return bytes_; }
    std::size_t size() const { return size_; }

    // What lies there, of types for which zeros are a value; so they are live objects (C++20,
    // [intro.object]). REQUIRES: it is aligned and within the memory.
    template <class T>
    T* at(std::size_t offset) const {
        return reinterpret_cast<T*>(bytes_ + offset);
    }

private:
    SharedMemory(std::byte* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

    std::byte* bytes_;
    std::size_t size_;
};

}  // namespace ccd::bench::queue
