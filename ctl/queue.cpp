#include "ctl/queue.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ctl/lines.h"
#include "lib/client/shared_queue.h"

namespace ccd::ctl {
namespace {

// A queue that is used, and the connection by which it is left again.
class Use {
public:
    static Result<Use> open(const Session& session, const std::string& name, queue::Use what) {
        auto client = CCD_TRY(session.connect());
        auto queue = CCD_TRY(client::SharedQueue::open(client, name, what));
        return Use{std::move(client), std::move(queue)};
    }

    Use(Use&&) = default;
    Use& operator=(Use&&) = delete;
    ~Use() { queue.close(client); }

    client::Client client;
    client::SharedQueue queue;

private:
    Use(client::Client its_client, client::SharedQueue its_queue)
        : client(std::move(its_client)), queue(std::move(its_queue)) {}
};

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}

client::Patience patience_of(const Session& session) {
    const auto left = session.time_left();
    return left ? client::Patience{*left} : std::nullopt;
}

// All of standard input, unless it is more than a message may have.
Result<std::string> read_input(std::size_t limit) {
    std::string input(limit + 1, '\0');
    std::size_t size = 0;
    while (size < input.size()) {
        const auto count = ::read(STDIN_FILENO, input.data() + size, input.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            return failure(Errc::internal, "standard input cannot be read: " +
                                               std::generic_category().message(errno));
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > limit)
        return failure(Errc::bad_request, "standard input is more than a message of this queue, " +
                                              std::to_string(limit) +
                                              " bytes; --lines makes one of each line");
    input.resize(size);
    return input;
}

Result<void> put_lines(const Session& session, client::SharedQueue& queue, std::uint64_t& done) {
    auto lines = CCD_TRY(Lines::open("-"));
    for (;;) {
        const auto line = CCD_TRY(lines.next());
        if (!line) return {};
        if (line->is_too_long || line->text.size() > queue.message_size())
            return failure(Errc::bad_request, "line " + std::to_string(line->number) +
                                                  " is longer than a message of this queue, " +
                                                  std::to_string(queue.message_size()) + " bytes");
        CCD_TRY(queue.put(bytes_of(line->text), patience_of(session)));
        ++done;
    }
}

Result<void> put_all(const Session& session, client::SharedQueue& queue,
                     const queue::PutRequest& request, std::uint64_t& done) {
    const bool from_input =
        request.data.empty() || (request.data.size() == 1 && request.data.front() == "-");
    if (!from_input && request.lines)
        return failure(Errc::bad_request, "--lines is for standard input, and messages are given");
    if (request.lines) return put_lines(session, queue, done);
    if (from_input) {
        const auto input = CCD_TRY(read_input(queue.message_size()));
        CCD_TRY(queue.put(bytes_of(input), patience_of(session)));
        ++done;
        return {};
    }
    for (const auto& word : request.data) {
        CCD_TRY(queue.put(bytes_of(word), patience_of(session)));
        ++done;
    }
    return {};
}

// Nothing: it could not be written, and was told.
Result<std::optional<std::string>> get_one(const Session& session, client::SharedQueue& queue,
                                           bool is_line) {
    const auto message = CCD_TRY(queue.peek(patience_of(session)));
    std::string text{reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
    if (!session.globals.json) {
        const auto shown = is_line ? text + "\n" : text;
        if (!shown.empty() && session.show(shown) != 0) return std::optional<std::string>{};
    }
    CCD_TRY(queue.acknowledge(message));
    return std::optional{std::move(text)};
}

}  // namespace

int run(queue::Put, const Session& session, const Parsed<queue::Put>& parsed) {
    auto use = Use::open(session, parsed.request.name, queue::Use::put);
    if (!use) return session.fail(use.error());
    queue::PutReply reply;
    auto done = put_all(session, use->queue, parsed.request, reply.put);
    if (!done) {
        if (reply.put > 0) session.remark(std::to_string(reply.put) + " messages were put before");
        return session.fail(done.error());
    }
    return session.globals.json ? session.show(session.text_of<queue::Put>(reply)) : 0;
}

int run(queue::Get, const Session& session, const Parsed<queue::Get>& parsed) {
    const auto& request = parsed.request;
    if (session.globals.json && request.count == 0)
        return session.fail({.code = Errc::bad_request,
                             .message = "--json tells all messages at the end: how many?"});
    auto use = Use::open(session, request.name, queue::Use::get);
    if (!use) return session.fail(use.error());
    queue::GetReply reply;
    for (std::uint64_t got = 0; request.count == 0 || got < request.count; ++got) {
        auto message = get_one(session, use->queue, request.lines);
        if (!message) return session.fail(message.error());
        if (!*message) return info_of(Errc::internal).exit_code;
        if (session.globals.json) reply.messages.push_back({std::move(**message)});
    }
    return session.globals.json ? session.show(session.text_of<queue::Get>(reply)) : 0;
}

}  // namespace ccd::ctl
