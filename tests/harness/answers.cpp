#include "tests/harness/answers.h"

#include <charconv>

#include "lib/wire/frame.h"

namespace ccd::harness {
namespace {

// The length of a MessagePack natural at the beginning of `bytes`; 0: there is none.
std::size_t size_of_natural(std::string_view bytes) {
    if (bytes.empty()) return 0;
    auto tag = static_cast<unsigned char>(bytes.front());
    if (tag < 0x80) return 1;
    return tag >= 0xcc && tag <= 0xcf ? 1 + (std::size_t{1} << (tag - 0xcc)) : 0;
}

// A response carries nil where its error would stand: [1, msgid, nil, result].
bool is_refusal(std::string_view body) {
    if (!body.starts_with("\x94\x01")) return !body.starts_with("\x93\x02");
    body.remove_prefix(2);
    auto msgid = size_of_natural(body);
    return msgid == 0 || body.size() <= msgid || body[msgid] != '\xc0';
}

// Up to and with the end of the line; 0: it has not come.
std::size_t size_of_line(std::string_view bytes) {
    auto end = bytes.find('\n');
    return end == std::string_view::npos ? 0 : end + 1;
}

std::size_t size_of_redis_answer(std::string_view bytes) {
    auto line = size_of_line(bytes);
    if (line == 0 || bytes.front() != '$') return line;
    long length = -1;
    std::from_chars(bytes.data() + 1, bytes.data() + line, length);
    if (length < 0) return line;  // no such key
    auto whole = line + static_cast<std::size_t>(length) + 2;
    return bytes.size() < whole ? 0 : whole;
}

}  // namespace

Answers ccd_answers(std::string_view bytes) {
    Answers answers;
    while (bytes.size() >= wire::frame_header) {
        std::size_t length = 0;
        for (char byte : bytes.substr(0, wire::frame_header))
            length = length << 8 | static_cast<unsigned char>(byte);
        if (bytes.size() < wire::frame_header + length) break;
        answers.bytes += wire::frame_header + length;
        ++answers.whole;
        if (is_refusal(bytes.substr(wire::frame_header, length))) ++answers.refused;
        bytes.remove_prefix(wire::frame_header + length);
    }
    return answers;
}

Answers redis_answers(std::string_view bytes) {
    Answers answers;
    while (auto size = bytes.empty() ? 0 : size_of_redis_answer(bytes)) {
        answers.bytes += size;
        ++answers.whole;
        if (bytes.front() == '-' || bytes.starts_with("$-1")) ++answers.refused;
        bytes.remove_prefix(size);
    }
    return answers;
}

Answers beanstalkd_answers(std::string_view bytes) {
    Answers answers;
    while (auto size = size_of_line(bytes)) {
        answers.bytes += size;
        ++answers.whole;
        if (!bytes.starts_with("INSERTED") && !bytes.starts_with("USING") &&
            !bytes.starts_with("DELETED"))
            ++answers.refused;
        bytes.remove_prefix(size);
    }
    return answers;
}

}  // namespace ccd::harness
