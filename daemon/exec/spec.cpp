#include "daemon/exec/spec.h"

#include <algorithm>
#include <cstring>

namespace ccd::exec {
namespace {

// Takes values from the front of the bytes. Once one is missing, all later ones are too.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool is_good() const { return is_good_; }
    bool is_at_end() const { return is_good_ && rest_.empty(); }

    std::string_view take(std::size_t length) {
        if (!is_good_ || rest_.size() < length) {
            is_good_ = false;
            return {};
        }
        std::string_view taken(rest_.data(), length);
        rest_.remove_prefix(length);
        return taken;
    }

    template <class Number>
    Number number() {
        Number value{};
        std::string_view bytes = take(sizeof value);
        if (is_good_) std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

    std::string_view string() {
        auto length = number<std::uint32_t>();
        std::string_view text = take(length);
        std::string_view end = take(1);
        is_good_ = is_good_ && end[0] == '\0' && std::ranges::find(text, '\0') == text.end();
        return text;
    }

    Strings strings() {
        auto count = number<std::uint32_t>();
        Strings list{rest_.data(), count};
        for (std::uint32_t i = 0; i < count && is_good_; ++i) string();
        return list;
    }

private:
    std::string_view rest_;
    bool is_good_ = true;
};

}  // namespace

bool is_nonce(std::string_view text) {
    auto is_allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= nonce_limit && std::ranges::all_of(text, is_allowed);
}

std::optional<SpecView> parse_spec(std::string_view bytes) {
    Reader reader(bytes);
    SpecView spec;
    if (reader.take(spec_magic.size()) != spec_magic) return std::nullopt;
    if (reader.number<std::uint32_t>() != spec_version) return std::nullopt;
    spec.umask = reader.number<std::uint32_t>();
    spec.stop_grace = Millis(reader.number<std::int64_t>());
    spec.nonce = reader.string();
    spec.boot_id = reader.string();
    spec.cwd = reader.string();
    spec.stdin_file = reader.string();
    spec.argv = reader.strings();
    spec.environment = reader.strings();
    if (!reader.is_at_end()) return std::nullopt;
    bool is_sound = spec.umask <= 0777 && spec.stop_grace >= Millis(0) && is_nonce(spec.nonce) &&
                    spec.argv.count() > 0;
    return is_sound ? std::optional(spec) : std::nullopt;
}

}  // namespace ccd::exec
