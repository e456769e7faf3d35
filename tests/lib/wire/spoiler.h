// Valid bytes, spoilt at random and always in the same way: a seed that fails can be run again.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace spoiler {

// For the loops of tests; add those that have found something.
inline constexpr std::array<std::uint32_t, 6> seeds{1, 2, 3, 17, 40'961, 4'294'967'295};

class Spoiler {
public:
    explicit Spoiler(std::uint32_t seed) : random_(seed) {}

    // Not by a distribution of the library, which another release may draw from otherwise.
    std::size_t below(std::size_t limit) { return random_() % limit; }

    std::string spoil(std::string bytes) {
        auto changes = 1 + below(4);
        for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) change(bytes);
        return bytes;
    }

private:
    void change(std::string& bytes) {
        auto at = below(bytes.size());
        auto byte = static_cast<char>(below(256));
        switch (below(8)) {
            case 0:
                bytes[at] = byte;
                break;
            case 1:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 2:
                bytes.insert(at, 1, byte);
                break;
            case 3:
                bytes.erase(at, 1 + below(4));
                break;
            case 4:
                bytes.resize(at);
                break;
            case 5:  // arrays of one, or maps of one without keys
                bytes.insert(at, 1 + below(2'000), below(2) == 0 ? '\x91' : '\x81');
                break;
            case 6:  // a length that lies: of a frame, and of what MessagePack can begin
                bytes.replace(at, 4, lengths[below(lengths.size())]);
                break;
            default:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(32)));
        }
    }

    static constexpr std::array<std::string_view, 6> lengths{
        "\xff\xff\xff\xff",     "\xdd\x7f\xff\xff\xff", "\xdf\xff\xff\xff\xff",
        "\xdb\xff\xff\xff\xff", "\xc6\x7f\xff\xff\xff", "\xc9\xff\xff\xff\xff"};

    std::mt19937 random_;
};

}  // namespace spoiler
