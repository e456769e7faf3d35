// Requests as bytes, for each protocol that is measured.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lib/client/command_codec.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace ccd::harness {

template <class Command>
std::string ccd_request(std::uint64_t msgid, const typename Command::Request& request) {
    std::string out;
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_request(packer, msgid, Command::info.name);
    client::CommandCodec<Command>::encode(packer, request);
    wire::end_frame(out, begun);
    return out;
}

// A batch of the same request, numbered from 1.
template <class Command>
std::string ccd_batch(std::size_t count, const typename Command::Request& request) {
    std::string out;
    for (std::size_t msgid = 1; msgid <= count; ++msgid)
        out += ccd_request<Command>(msgid, request);
    return out;
}

std::string redis_request(std::initializer_list<std::string_view> words);
std::string beanstalkd_put(std::string_view body);

std::string repeated(std::string_view request, std::size_t count);

// A request with a part that is new each time: `blank` occurs in `bytes` once and is overwritten
// by as many random letters.
//
// Not random enough for a secret; two Stencils made with different seeds do not repeat each other.
class Stencil {
public:
    // REQUIRES: `bytes` contains `blank` exactly once.
    Stencil(std::string bytes, std::string_view blank, std::uint64_t seed);

    // Appends the next request.
    void write(std::string& out);

    std::size_t size() const { return bytes_.size(); }

private:
    std::string bytes_;
    std::size_t begin_;
    std::size_t size_;
    std::uint64_t state_;
};

}  // namespace ccd::harness
