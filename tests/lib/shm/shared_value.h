// A value that a test shares with the processes it forks.
//
// Owner: the test; in its children it is a view that they never give back.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace ccd::shm {

template <class T>
class SharedValue {
public:
    SharedValue() {
        void* memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) std::abort();
        value_ = new (memory) T{};
    }
    SharedValue(const SharedValue&) = delete;
    SharedValue& operator=(const SharedValue&) = delete;
    ~SharedValue() { ::munmap(value_, sizeof(T)); }

    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }

private:
    T* value_ = nullptr;
};

}  // namespace ccd::shm
