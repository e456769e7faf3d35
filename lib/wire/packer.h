// Writes MessagePack to the end of a string, in the shortest form of each value.
//
// Thread: none of its own; one Packer, one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ccd::wire {

class Packer {
public:
    // Appends to `out`, which must outlive the Packer.
    explicit Packer(std::string& out) : out_(out) {}

    void nil();
    void boolean(bool value);
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    void real(double value);
    void text(std::string_view value);
    void binary(std::string_view value);
    // The items, or the keys and values by turns, follow.
    void array(std::size_t size);
    void map(std::size_t size);

    // Appends bytes that are MessagePack already.
    void packed(std::string_view bytes) { out_.append(bytes); }

    std::string& out() { return out_; }

private:
    std::string& out_;
};

}  // namespace ccd::wire
