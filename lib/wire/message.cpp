#include "lib/wire/message.h"

#include <msgpack/null_visitor.hpp>
#include <msgpack/unpack.hpp>

#include "lib/wire/codec.h"

namespace ccd::wire {
namespace {

enum Type : std::uint64_t { request = 0, response = 1, notification = 2 };

// Reads [0, msgid, "method", and stops there: the params begin where the method's name ends.
struct HeadVisitor : msgpack::null_visitor {
    explicit HeadVisitor(std::string_view all) : body(all) {}

    std::string_view body;
    RequestHead head;
    std::size_t position = 0;
    bool is_whole = false;

    bool start_array(std::uint32_t size) { return std::exchange(depth, 1) == 0 && size == 4; }
    bool visit_positive_integer(std::uint64_t value) {
        if (position == 0 && value != Type::request) return false;
        if (position == 1) head.msgid = value;
        return position++ < 2;
    }
    bool visit_str(const char* bytes, std::uint32_t size) {
        // Of an empty string the parser gives no address.
        if (position != 2 || size == 0) return false;
        head.method = {bytes, size};
        auto end = static_cast<std::size_t>(bytes - body.data()) + size;
        head.params = body.substr(end);
        is_whole = true;
        return false;
    }
    bool start_map(std::uint32_t) { return false; }
    bool visit_nil() { return false; }
    bool visit_boolean(bool) { return false; }
    bool visit_negative_integer(std::int64_t) { return false; }
    bool visit_float32(float) { return false; }
    bool visit_float64(double) { return false; }
    bool visit_bin(const char*, std::uint32_t) { return false; }
    bool visit_ext(const char*, std::uint32_t) { return false; }
    void parse_error(std::size_t, std::size_t) {}
    void insufficient_bytes(std::size_t, std::size_t) {}

    int depth = 0;
};

// Steps over one value and yields its bytes; empty: there is none.
std::string_view take_value(std::string_view& bytes) {
    struct Visitor : msgpack::null_visitor {
        bool visit_positive_integer(std::uint64_t) { return true; }
        bool start_array(std::uint32_t size) {
            return size <= item_limit && ++depth <= depth_limit;
        }
        bool start_map(std::uint32_t size) { return size <= item_limit && ++depth <= depth_limit; }
        bool end_array() { return --depth, true; }
        bool end_map() { return --depth, true; }
        void parse_error(std::size_t, std::size_t) {}
        void insufficient_bytes(std::size_t, std::size_t) {}
        std::size_t depth = 0;
    } visitor;
    std::size_t offset = 0;
    try {
        if (!msgpack::parse(bytes.data(), bytes.size(), offset, visitor)) offset = 0;
    } catch (const msgpack::parse_error&) {
        offset = 0;
    }
    auto value = bytes.substr(0, offset);
    bytes.remove_prefix(offset);
    return value;
}

// The next value as a T, if it is one.
template <class T>
bool take(std::string_view& bytes, T& to) {
    auto value = take_value(bytes);
    return !value.empty() && parse(value, Target{kind_of<T>, &to}, Unknown::ignored).has_value();
}

struct WireError {
    std::string code;
    std::string message;
    std::optional<Millis> retry_after;
    bool confirmed = true;
    static constexpr auto fields = field::List{
        field::required("code", &WireError::code, "Which of the codes"),
        field::required("message", &WireError::message, "A sentence"),
        field::optional("retry_after", &WireError::retry_after, "When to ask again"),
        field::optional("confirmed", &WireError::confirmed, "False: it may have taken effect"),
    };
};

bool take_error(std::string_view& bytes, std::optional<Error>& error) {
    if (bytes.starts_with('\xc0')) {
        bytes.remove_prefix(1);
        return true;
    }
    WireError wire;
    if (!take(bytes, wire)) return false;
    error = Error{.code = find_errc(wire.code).value_or(Errc::internal),
                  .message = std::move(wire.message),
                  .retry_after = wire.retry_after,
                  .confirmed = wire.confirmed};
    return true;
}

// Steps over the two keys of a notification's map.
bool take_item(std::string_view& bytes, ReplyHead& head) {
    std::string name;
    if (!take(bytes, name) || name != "stream" || !bytes.starts_with('\x82')) return false;
    bytes.remove_prefix(1);
    if (!take(bytes, name) || name != "id" || !take(bytes, head.msgid)) return false;
    if (!take(bytes, name) || name != "item") return false;
    head.is_item = true;
    return true;
}

}  // namespace

Result<RequestHead> parse_request(std::string_view body) {
    HeadVisitor visitor{body};
    std::size_t offset = 0;
    try {
        msgpack::parse(body.data(), body.size(), offset, visitor);
    } catch (const msgpack::parse_error&) {  // size_overflow: an array that cannot be
        visitor.is_whole = false;
    }
    if (!visitor.is_whole)
        return failure(Errc::bad_request,
                       "not a request: expected [0, msgid, \"noun.verb\", {params}]");
    return visitor.head;
}

Result<ReplyHead> parse_reply(std::string_view body) {
    ReplyHead head;
    std::uint64_t type = 0;
    bool is_good = body.starts_with('\x94') || body.starts_with('\x93');
    if (is_good) body.remove_prefix(1);
    is_good = is_good && take(body, type);
    if (is_good && type == Type::response)
        is_good = take(body, head.msgid) && take_error(body, head.error);
    else if (is_good && type == Type::notification)
        is_good = take_item(body, head);
    else
        is_good = false;
    if (!is_good) return failure(Errc::bad_request, "not a reply of ccd");
    head.result = body;
    return head;
}

void begin_request(Packer& packer, std::uint64_t msgid, std::string_view method) {
    packer.array(4);
    packer.natural(Type::request);
    packer.natural(msgid);
    packer.text(method);
}

void begin_result(Packer& packer, std::uint64_t msgid) {
    packer.array(4);
    packer.natural(Type::response);
    packer.natural(msgid);
    packer.nil();
}

void begin_item(Packer& packer, std::uint64_t msgid) {
    packer.array(3);
    packer.natural(Type::notification);
    packer.text("stream");
    packer.map(2);
    packer.text("id");
    packer.natural(msgid);
    packer.text("item");
}

void put_error(Packer& packer, std::uint64_t msgid, const Error& error) {
    packer.array(4);
    packer.natural(Type::response);
    packer.natural(msgid);
    packer.map(2 + (error.retry_after ? 1 : 0) + (error.confirmed ? 0 : 1));
    packer.text("code");
    packer.text(info_of(error.code).name);
    packer.text("message");
    packer.text(error.message);
    if (error.retry_after) {
        packer.text("retry_after");
        packer.integer(error.retry_after->count());
    }
    if (!error.confirmed) {
        packer.text("confirmed");
        packer.boolean(false);
    }
    packer.nil();
}

}  // namespace ccd::wire
