// What stands in a frame, in the shapes of MessagePack-RPC:
//
//     request       [0, msgid, "noun.verb", {params}]
//     response      [1, msgid, error or nil, result or nil]
//     notification  [2, "stream", {"id": msgid, "item": {...}}]
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ccd/result.h"
#include "lib/wire/packer.h"

namespace ccd::wire {

struct RequestHead {
    std::uint64_t msgid = 0;
    std::string_view method;  // lent by the body
    std::string_view params;  // MessagePack, not yet looked at
};

// Refuses what is no request; the connection must then be closed.
Result<RequestHead> parse_request(std::string_view body);

// A response, or one item of a stream.
struct ReplyHead {
    std::uint64_t msgid = 0;
    bool is_item = false;
    std::optional<Error> error;
    std::string_view result;  // MessagePack, not yet looked at
};

Result<ReplyHead> parse_reply(std::string_view body);

// Each writes the beginning of a message; one value must follow, unless it says otherwise.
void begin_request(Packer& packer, std::uint64_t msgid, std::string_view method);
void begin_result(Packer& packer, std::uint64_t msgid);
void begin_item(Packer& packer, std::uint64_t msgid);
// Whole: nothing follows.
void put_error(Packer& packer, std::uint64_t msgid, const Error& error);

}  // namespace ccd::wire
