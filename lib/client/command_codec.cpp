#include "lib/client/command_codec.h"

#include <utility>

namespace ccd::client::detail {
namespace {

template <class Command>
void encode(wire::Packer& packer, const void* request) {
    wire::encode<Command::request_fields, wire::Absent::left_out>(
        packer, *static_cast<const typename Command::Request*>(request));
}

template <class Command>
Result<void> decode(std::string_view bytes, wire::Unknown unknown, void* reply) {
    using Reply = typename Command::Reply;
    *static_cast<Reply*>(reply) =
        CCD_TRY((wire::decode<Reply, Command::reply_fields>(bytes, unknown)));
    return {};
}

template <class... Command>
constexpr auto make_codecs(std::type_identity<std::tuple<Command...>>) {
    return std::array{ErasedCodec{&encode<Command>, &decode<Command>}...};
}

}  // namespace

constinit const std::array<ErasedCodec, std::tuple_size_v<WireCommands>> codecs =
    make_codecs(std::type_identity<WireCommands>{});

}  // namespace ccd::client::detail
