// A job that prints what its readers can tell to be whole and unchanged.
#pragma once

#include <cstdint>
#include <string>

namespace ccd::stress {

// Bytes of all values that look like noise; the same for the same seed, and a shorter text is the
// beginning of a longer one.
std::string printed(std::uint64_t seed, std::size_t size);

struct Printing {
    std::uint64_t seed = 0;
    std::size_t size = 0;
    std::string gate;  // to pass when half is printed; empty: none
};

// The body of the job. The exit code.
int print(const Printing& printing);

}  // namespace ccd::stress
