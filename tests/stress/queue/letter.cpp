#include "tests/stress/queue/letter.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace ccd::stress {
namespace {

constexpr std::size_t word = sizeof(std::uint64_t);
static_assert(smallest_letter == sizeof(Letter) + word);

std::uint64_t seal_of(const Letter& letter, std::size_t size) {
    const auto who = std::uint64_t{letter.queue} << 32 | letter.sender;
    return scrambled(scrambled(scrambled(who) ^ letter.number) ^ size);
}

// What stands in the body from `at` on.
std::uint64_t pattern(std::uint64_t seal, std::size_t at) {
    return scrambled(seal + at);
}

}  // namespace

void write_letter(const Letter& letter, std::span<std::byte> room) {
    assert(room.size() >= smallest_letter);
    const auto seal = seal_of(letter, room.size());
    std::memcpy(room.data(), &letter, sizeof letter);
    std::memcpy(room.data() + sizeof letter, &seal, word);
    for (auto at = smallest_letter; at < room.size(); at += word) {
        const auto bits = pattern(seal, at);
        std::memcpy(room.data() + at, &bits, std::min(word, room.size() - at));
    }
}

std::optional<Letter> read_letter(std::span<const std::byte> bytes) {
    if (bytes.size() < smallest_letter) return std::nullopt;
    Letter letter;
    std::uint64_t seal = 0;
    std::memcpy(&letter, bytes.data(), sizeof letter);
    std::memcpy(&seal, bytes.data() + sizeof letter, word);
    if (seal != seal_of(letter, bytes.size())) return std::nullopt;
    for (auto at = smallest_letter; at < bytes.size(); at += word) {
        const auto bits = pattern(seal, at);
        if (std::memcmp(bytes.data() + at, &bits, std::min(word, bytes.size() - at)) != 0)
            return std::nullopt;
    }
    return letter;
}

}  // namespace ccd::stress
