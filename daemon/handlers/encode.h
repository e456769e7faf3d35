// Replies as frames. For dispatch.cpp and answers.cpp.
#pragma once

#include <string>

#include "daemon/handlers/dispatch.h"
#include "lib/wire/codec.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace ccd::handlers {

// Appends the frame of a reply; one that no frame can hold becomes an error. Yields whether it
// was sent as it is.
template <class Command>
bool put_reply_frame(std::string& out, std::uint64_t msgid, const typename Command::Reply& reply) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_result(packer, msgid);
    wire::encode<Command::reply_fields, wire::Absent::written>(packer, reply);
    auto size = out.size() - begun - wire::frame_header;
    if (size <= wire::frame_limit) {
        wire::end_frame(out, begun);
        return true;
    }
    out.resize(begun);
    put_error_frame(
        out, msgid,
        Error{.code = Errc::over_limit,
              .message = "the reply would be " + std::to_string(size) + " bytes; at most " +
                         std::to_string(wire::frame_limit) + " fit, so ask for less at once"});
    return false;
}

}  // namespace ccd::handlers
