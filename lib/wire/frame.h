// Frames: a length of four bytes, big-endian, and as many bytes of body.
//
// A stream is cut into frames without trusting it: no buffer grows by what a length claims, only
// by bytes that have come, and a length over the limit ends the stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ccd/result.h"

namespace ccd::wire {

inline constexpr std::size_t frame_header = 4;
inline constexpr std::size_t frame_limit = 1 << 20;  // of a body

// Cuts what has come so far. Give it bytes with `feed`, take frames with `next` until there is
// none, and only then feed again. A frame is lent: it is valid until the next feed.
//
// While frames come whole, nothing is copied: the decoder looks at the caller's bytes, which must
// stay until `next` has said that there are no more.
class FrameDecoder {
public:
    void feed(std::string_view bytes);

    // The body of the next frame; nullopt: it has not come whole. After an error the stream is
    // out of step and must be closed.
    Result<std::optional<std::string_view>> next();

    // Keeps what was fed and not yet taken, so that the caller's bytes may go before `next` has
    // said that there is no more. It can be taken later, before more is fed or after.
    void keep();

    // True in the middle of a frame.
    bool is_partial() const { return !kept_.empty(); }

private:
    std::string_view rest_;  // of the bytes fed, or of kept_
    std::string kept_;       // what was left when it was last kept
    bool is_kept_ = false;   // rest_ looks into kept_
};

// Begins a frame at the end of `out`; write the body behind it and then end it.
std::size_t begin_frame(std::string& out);
void end_frame(std::string& out, std::size_t begun);

}  // namespace ccd::wire
