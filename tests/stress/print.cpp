#include "tests/stress/print.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "tests/stress/gate.h"

namespace ccd::stress {
namespace {

bool write_all(std::string_view text) {
    while (!text.empty()) {
        auto size = ::write(STDOUT_FILENO, text.data(), text.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace

std::string printed(std::uint64_t seed, std::size_t size) {
    std::string text;
    text.reserve(size + sizeof seed);
    while (text.size() < size) {  // splitmix64
        auto bits = seed += 0x9e3779b97f4a7c15;
        bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
        bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
        bits ^= bits >> 31;
        for (int shift = 0; shift < 64; shift += 8)
            text.push_back(static_cast<char>(bits >> shift));
    }
    text.resize(size);
    return text;
}

int print(const Printing& printing) {
    auto text = printed(printing.seed, printing.size);
    auto half = text.size() / 2;
    if (!write_all({text.data(), half})) return 1;
    if (!printing.gate.empty() && !pass_gate(printing.gate)) return 1;
    return write_all({text.data() + half, text.size() - half}) ? 0 : 1;
}

}  // namespace ccd::stress
