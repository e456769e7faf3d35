// What reading a message costs when nothing is made of it: every byte is looked at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ccd::bench::queue {

// Of its words of 64 bits. In four lanes, so that no addition waits for the one before it.
// REQUIRES: the size is a multiple of four words.
inline std::uint64_t sum_of(std::span<const std::byte> message) {
    std::array<std::uint64_t, 4> sums{};
    for (; !message.empty(); message = message.subspan(sizeof(sums))) {
        std::array<std::uint64_t, 4> words;
        std::memcpy(words.data(), message.data(), sizeof(words));
        for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += words[lane];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

}  // namespace ccd::bench::queue
