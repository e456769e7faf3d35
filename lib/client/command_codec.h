// What a client sends and receives of each command, compiled once for all who speak of it.
//
//     CommandCodec<job::Status>::encode(packer, request);
//
// Made from the command table. Behind the types there are plain functions: the fields of a command
// are gone through in command_codec.cpp only.
//
// Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ccd/commands.h"
#include "ccd/result.h"
#include "lib/wire/codec.h"

namespace ccd::client {
namespace detail {

struct ErasedCodec {
    void (*encode)(wire::Packer& packer, const void* request);
    Result<void> (*decode)(std::string_view bytes, wire::Unknown unknown, void* reply);
};

// In the order of WireCommands.
extern const std::array<ErasedCodec, std::tuple_size_v<WireCommands>> codecs;

template <class Command, class... All>
consteval std::size_t index_of(std::type_identity<std::tuple<All...>>) {
    std::size_t index = 0;
    static_cast<void>(((std::is_same_v<Command, All> || (++index, false)) || ...));
    return index;
}

}  // namespace detail

// Of a command that travels.
template <class Command>
class CommandCodec {
public:
    using Request = typename Command::Request;
    using Reply = typename Command::Reply;

    // What is absent is left out.
    static void encode(wire::Packer& packer, const Request& request) {
        codec.encode(packer, &request);
    }

    // Of the reply, or of one item of a stream.
    static Result<Reply> decode(std::string_view bytes, wire::Unknown unknown) {
        Reply reply;
        CCD_TRY(codec.decode(bytes, unknown, &reply));
        return reply;
    }

private:
    static constexpr auto& codec =
        std::get<detail::index_of<Command>(std::type_identity<WireCommands>{})>(detail::codecs);
};

}  // namespace ccd::client
