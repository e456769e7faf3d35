#include "tests/harness/requests.h"

#include <cassert>

namespace ccd::harness {

std::string redis_request(std::initializer_list<std::string_view> words) {
    auto out = "*" + std::to_string(words.size()) + "\r\n";
    for (auto word : words) {
        out += "$" + std::to_string(word.size()) + "\r\n";
        out += word;
        out += "\r\n";
    }
    return out;
}

std::string beanstalkd_put(std::string_view body) {
    auto out = "put 0 0 60 " + std::to_string(body.size()) + "\r\n";
    out += body;
    return out += "\r\n";
}

std::string repeated(std::string_view request, std::size_t count) {
    std::string out;
    while (count-- > 0) out += request;
    return out;
}

Stencil::Stencil(std::string bytes, std::string_view blank, std::uint64_t seed)
    : bytes_(std::move(bytes)), begin_(bytes_.find(blank)), size_(blank.size()), state_(seed) {
    assert(begin_ != std::string::npos && bytes_.find(blank, begin_ + 1) == std::string::npos);
}

void Stencil::write(std::string& out) {
    static constexpr std::string_view letters = "0123456789abcdef";
    auto at = out.size() + begin_;
    out.append(bytes_);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size_; ++i, bits >>= 4) {
        if (i % 16 == 0) {  // splitmix64
            bits = state_ += 0x9e3779b97f4a7c15;
            bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
            bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
            bits ^= bits >> 31;
        }
        out[at + i] = letters[bits & 15];
    }
}

}  // namespace ccd::harness
