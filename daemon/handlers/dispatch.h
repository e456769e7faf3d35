// From a frame to a reply: look-up, rights, decoding, the handler, encoding.
//
// All cross-cutting rules are here; handlers hold none. The table of routes is made from the
// command table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ccd/command.h"
#include "daemon/handlers/context.h"

namespace ccd::handlers {

struct Outcome {
    enum class What : std::uint8_t {
        reply,    // a frame was appended
        later,    // nothing was: the reply will follow
        close,    // a frame was appended, and the connection is out of step
        not_yet,  // nothing was done: the request is to be brought again
    } what = What::reply;
    bool is_error = false;
    // The frame must not leave before this batch is committed; 0: it may at once.
    store::BatchId depends_on = 0;
    std::uint64_t msgid = 0;
};

// Handles the body of one frame and appends the frame of its reply to `out`, or nothing.
Outcome dispatch(Context& context, std::string_view body, std::string& out);

// Whether the request can be answered before it is known what is on record.
bool needs_no_record(std::string_view body);

// Appends the refusal of the request in a frame, whatever it is.
Outcome refuse_request(std::string_view body, const Error& error, std::string& out);

// Appends the frame of an error.
void put_error_frame(std::string& out, std::uint64_t msgid, const Error& error);

// An event as all who follow get it.
std::string encoded(const job::Event& event);
// Appends an encoded event as an item of a stream.
void put_event_frame(std::string& out, std::uint64_t msgid, std::string_view event);

// Appends an item of a check.
void put_check_frame(std::string& out, std::uint64_t msgid, const admin::CheckReply& reply);

// Appends the end of a stream.
void put_end_frame(std::string& out, std::uint64_t msgid);

// Appends the reply of queue.attach; its descriptors must travel with it.
void put_attach_frame(std::string& out, std::uint64_t msgid, const queue::AttachReply& reply);

// Appends the reply of job.logs; its descriptor must travel with it.
void put_logs_frame(std::string& out, std::uint64_t msgid, const job::LogsReply& reply);

}  // namespace ccd::handlers
