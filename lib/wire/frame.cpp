#include "lib/wire/frame.h"

#include <cassert>

namespace ccd::wire {
namespace {

std::size_t length_of(std::string_view header) {
    std::size_t length = 0;
    for (char byte : header.substr(0, frame_header))
        length = length << 8 | static_cast<unsigned char>(byte);
    return length;
}

}  // namespace

void FrameDecoder::feed(std::string_view bytes) {
    if (kept_.empty()) {
        rest_ = bytes;
        is_kept_ = false;
        return;
    }
    kept_.append(bytes);
    rest_ = kept_;
    is_kept_ = true;
}

Result<std::optional<std::string_view>> FrameDecoder::next() {
    if (rest_.size() >= frame_header) {
        auto length = length_of(rest_);
        if (length > frame_limit)
            return failure(Errc::bad_request, "a frame of " + std::to_string(length) +
                                                  " bytes; at most " + std::to_string(frame_limit) +
                                                  " are allowed");
        if (rest_.size() >= frame_header + length) {
            auto body = rest_.substr(frame_header, length);
            rest_.remove_prefix(frame_header + length);
            return std::optional{body};
        }
    }
    keep();
    return std::optional<std::string_view>{};
}

void FrameDecoder::keep() {
    if (is_kept_)
        kept_.erase(0, kept_.size() - rest_.size());
    else
        kept_.assign(rest_);
    if (kept_.empty() && kept_.capacity() > frame_limit / 16) kept_.shrink_to_fit();
    rest_ = kept_;
    is_kept_ = true;
}

std::size_t begin_frame(std::string& out) {
    out.append(frame_header, '\0');
    return out.size() - frame_header;
}

void end_frame(std::string& out, std::size_t begun) {
    auto length = out.size() - begun - frame_header;
    assert(length <= frame_limit);
    for (std::size_t i = 0; i < frame_header; ++i)
        out[begun + i] = static_cast<char>(length >> (8 * (frame_header - 1 - i)) & 0xff);
}

}  // namespace ccd::wire
