// A message whose reader can tell who wrote it, which one it is, and that nothing of it is spoilt.
//
// Every byte follows from the sender, the number and the size, so that one byte of another message,
// or of the one before in the same memory, is noticed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ccd::stress {

struct Letter {
    std::uint32_t queue = 0;   // by its number among those of the scenario
    std::uint32_t sender = 0;  // likewise
    std::uint64_t number = 0;  // counted by the sender
    bool operator==(const Letter&) const = default;
};

inline constexpr std::size_t smallest_letter = 24;

// The same bits for the same number, that look like noise.
constexpr std::uint64_t scrambled(std::uint64_t bits) {
    bits += 0x9e3779b97f4a7c15;  // splitmix64
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
}

// Fills all of it. REQUIRES: room.size() >= smallest_letter.
void write_letter(const Letter& letter, std::span<std::byte> room);

// None: it is spoilt.
std::optional<Letter> read_letter(std::span<const std::byte> bytes);

}  // namespace ccd::stress
