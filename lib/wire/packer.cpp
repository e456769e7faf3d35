#include "lib/wire/packer.h"

#include <msgpack/pack.hpp>

namespace ccd::wire {
namespace {

// What msgpack::packer writes to.
struct Sink {
    std::string& out;
    void write(const char* bytes, std::size_t size) { out.append(bytes, size); }
};

// Calls `pack(packer)` with one that appends to `out`.
template <class Pack>
void with(std::string& out, Pack pack) {
    Sink sink{out};
    msgpack::packer<Sink> packer{sink};
    pack(packer);
}

std::uint32_t size32(std::size_t size) {
    return static_cast<std::uint32_t>(size);
}

}  // namespace

void Packer::nil() {
    out_.push_back('\xc0');
}

void Packer::boolean(bool value) {
    out_.push_back(value ? '\xc3' : '\xc2');
}

void Packer::integer(std::int64_t value) {
    with(out_, [&](auto& packer) { packer.pack_int64(value); });
}

void Packer::natural(std::uint64_t value) {
    with(out_, [&](auto& packer) { packer.pack_uint64(value); });
}

void Packer::real(double value) {
    with(out_, [&](auto& packer) { packer.pack_double(value); });
}

void Packer::text(std::string_view value) {
    with(out_, [&](auto& packer) {
        packer.pack_str(size32(value.size()));
        packer.pack_str_body(value.data(), size32(value.size()));
    });
}

void Packer::binary(std::string_view value) {
    with(out_, [&](auto& packer) {
        packer.pack_bin(size32(value.size()));
        packer.pack_bin_body(value.data(), size32(value.size()));
    });
}

void Packer::array(std::size_t size) {
    with(out_, [&](auto& packer) { packer.pack_array(size32(size)); });
}

void Packer::map(std::size_t size) {
    with(out_, [&](auto& packer) { packer.pack_map(size32(size)); });
}

}  // namespace ccd::wire
