#include "lib/wire/parse.h"

#include <array>
#include <cmath>
#include <msgpack/unpack.hpp>

namespace ccd::wire {
namespace {

// Nothing of a value is kept, so that an unknown field of a newer peer does no harm.
Target again(void* object) {
    return Target{&anything, object};
}

// One array or map that has begun and not ended.
struct Level {
    Target holder;
    Target value;          // of the current item, or of the map's current key
    std::string_view key;  // lent by the bytes
    std::uint64_t seen;    // keys of a struct
    bool is_map;
};

// The visitor that msgpack::parse drives; it returns false to stop, with `error` set.
class Visitor {
public:
    Visitor(Target root, Unknown unknown) : root_(root), unknown_(unknown) {}

    Error error{.code = Errc::bad_request, .message = "not MessagePack, or cut off"};

    bool visit_nil() {
        return give(&Kind::nil, "nil", [](auto set, void* object) { return set(object); });
    }
    bool visit_boolean(bool value) {
        return give(&Kind::boolean, "a boolean",
                    [=](auto set, void* object) { return set(object, value); });
    }
    bool visit_positive_integer(std::uint64_t value) { return integer({false, value}); }
    bool visit_negative_integer(std::int64_t value) {
        return integer({value < 0, static_cast<std::uint64_t>(value)});
    }
    bool visit_float32(float value) { return visit_float64(static_cast<double>(value)); }
    bool visit_float64(double value) {
        if (std::isnan(value)) return refuse("is not a number");
        return give(&Kind::real, "a float",
                    [=](auto set, void* object) { return set(object, value); });
    }
    bool visit_str(const char* bytes, std::uint32_t size) {
        std::string_view value{bytes, size};
        if (in_key_) return enter(value);
        return give(&Kind::text, "a string",
                    [=](auto set, void* object) { return set(object, value); });
    }
    bool visit_bin(const char* bytes, std::uint32_t size) {
        return give(&Kind::binary, "binary", [=](auto set, void* object) {
            return set(object, std::string_view{bytes, size});
        });
    }
    bool visit_ext(const char*, std::uint32_t) { return refuse("is of an ext type"); }

    bool start_array(std::uint32_t size) { return begin(&Kind::array, "an array", size, false); }
    bool start_array_item() {
        auto& level = levels_[depth_ - 1];
        level.value = level.holder.kind->item(level.holder.object);
        return true;
    }
    bool end_array_item() { return true; }
    bool end_array() {
        --depth_;
        return true;
    }
    bool start_map(std::uint32_t size) { return begin(&Kind::map, "a map", size, true); }
    bool start_map_key() {
        in_key_ = true;
        return true;
    }
    bool end_map_key() {
        in_key_ = false;
        return true;
    }
    bool start_map_value() { return true; }
    bool end_map_value() { return true; }
    bool end_map() {
        auto& level = levels_[depth_ - 1];
        level.key = {};
        if (level.holder.kind->missing != nullptr)
            if (auto name = level.holder.kind->missing(level.seen); !name.empty())
                return stop("field '" + std::string{name} + "' is missing");
        --depth_;
        return true;
    }
    void parse_error(std::size_t, std::size_t) {}
    void insufficient_bytes(std::size_t, std::size_t) {}

private:
    Target target() const { return depth_ == 0 ? root_ : levels_[depth_ - 1].value; }

    // Hands a value to its target, if that takes values of this kind.
    template <class Set, class Call>
    bool give(Set Kind::*member, std::string_view what, Call call) {
        if (in_key_) return stop("a key of a map is no string");
        auto to = target();
        auto set = to.kind->*member;
        if (set == nullptr)
            return refuse("must be " + to.kind->expects() + ", not " + std::string{what});
        if (!call(set, to.object)) return refuse("must be " + to.kind->expects());
        return true;
    }

    bool integer(Integer value) {
        return give(&Kind::integer, "an integer",
                    [=](auto set, void* object) { return set(object, value); });
    }

    bool begin(Target (*Kind::*member)(void*), std::string_view what, std::uint32_t size,
               bool is_map) {
        if (in_key_) return stop("a key of a map is no string");
        auto to = target();
        auto open = to.kind->*member;
        if (open == nullptr)
            return refuse("must be " + to.kind->expects() + ", not " + std::string{what});
        if (size > item_limit)
            return refuse("has " + std::to_string(size) + " items; at most " +
                          std::to_string(item_limit) + " are allowed");
        if (depth_ == depth_limit) return stop("nested more than 16 deep");
        levels_[depth_++] =
            Level{.holder = open(to.object), .value = {}, .key = {}, .seen = 0, .is_map = is_map};
        return true;
    }

    bool enter(std::string_view key) {
        auto& level = levels_[depth_ - 1];
        level.key = key;
        level.value = level.holder.kind->entry(level.holder.object, key, level.seen);
        if (level.value.kind == nullptr) {
            if (unknown_ == Unknown::refused) return refuse("is unknown");
            level.value = again(nullptr);
        } else if (level.value.object == nullptr && level.value.kind != &anything) {
            return refuse("is given twice");
        }
        return true;
    }

    bool stop(std::string message) {
        error.message = std::move(message);
        return false;
    }
    // Says it of the innermost named field.
    bool refuse(std::string what) {
        for (auto i = depth_; i-- > 0;)
            if (levels_[i].is_map && !levels_[i].key.empty())
                return stop("field '" + std::string{levels_[i].key.substr(0, 64)} + "' " + what);
        return stop("the value " + what);
    }

    Target root_;
    Unknown unknown_;
    std::array<Level, depth_limit> levels_;  // the first `depth_` are set
    std::size_t depth_ = 0;
    bool in_key_ = false;
};

}  // namespace

constinit const Kind anything{
    .expects = [] { return std::string{"anything"}; },
    .nil = [](void*) { return true; },
    .boolean = [](void*, bool) { return true; },
    .integer = [](void*, Integer) { return true; },
    .real = [](void*, double) { return true; },
    .text = [](void*, std::string_view) { return true; },
    .binary = [](void*, std::string_view) { return true; },
    .array = again,
    .item = again,
    .map = again,
    .entry = [](void* object, std::string_view, std::uint64_t&) { return again(object); },
};

Result<void> parse(std::string_view bytes, Target target, Unknown unknown) {
    // Most requests without parameters: an empty map has nothing to visit.
    if (bytes == "\x80" && target.kind->missing != nullptr && target.kind->missing(0).empty())
        return {};
    Visitor visitor{target, unknown};
    std::size_t offset = 0;
    try {
        if (msgpack::parse(bytes.data(), bytes.size(), offset, visitor) && offset == bytes.size())
            return {};
    } catch (const std::exception& thrown) {  // msgpack's size_overflow, and std::bad_alloc
        visitor.error.message = thrown.what();
    }
    return tl::unexpected{std::move(visitor.error)};
}

}  // namespace ccd::wire
