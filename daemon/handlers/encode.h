// Replies as frames. For dispatch.cpp and answers.cpp.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "daemon/handlers/dispatch.h"
#include "daemon/handlers/view.h"
#include "lib/wire/codec.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace ccd::handlers {

template <class Reply>
concept HasJobs = requires(Reply reply) {
    { reply.jobs } -> std::same_as<std::vector<job::View>&>;
};

// Appends the frame of a reply if one can hold it. The size of its body.
template <class Command>
std::size_t try_reply_frame(std::string& out, std::uint64_t msgid,
                            const typename Command::Reply& reply) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_result(packer, msgid);
    wire::encode<Command::reply_fields, wire::Absent::written>(packer, reply);
    auto size = out.size() - begun - wire::frame_header;
    if (size <= wire::frame_limit)
        wire::end_frame(out, begun);
    else
        out.resize(begun);
    return size;
}

// Appends the frame of a reply. Of jobs that do not fit one, less is told; any other reply that no
// frame can hold becomes an error. Yields whether it was sent.
template <class Command>
bool put_reply_frame(std::string& out, std::uint64_t msgid, const typename Command::Reply& reply) {
    auto size = try_reply_frame<Command>(out, msgid, reply);
    if constexpr (HasJobs<typename Command::Reply>) {
        if (size > wire::frame_limit) {
            auto shorter = reply;
            fit(shorter.jobs);
            size = try_reply_frame<Command>(out, msgid, shorter);
        }
    }
    if (size <= wire::frame_limit) return true;
    put_error_frame(
        out, msgid,
        Error{.code = Errc::over_limit,
              .message = "the reply would be " + std::to_string(size) + " bytes; at most " +
                         std::to_string(wire::frame_limit) + " fit, so ask for less at once"});
    return false;
}

}  // namespace ccd::handlers
