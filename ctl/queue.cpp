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
    auto lines = CCD_TRY(Lines::open("-", queue.message_size()));
    for (;;) {
        const auto line = CCD_TRY(lines.next());
        if (!line) return {};
        if (line->is_too_long)
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

// Shows messages one by one. As JSON that is one object too, of which nothing is kept: whoever had
// all of it before it is shown would take their memory from those who put.
class Display {
public:
    Display(const Session& session, bool is_line)
        : session_(session),
          is_line_(is_line),
          frame_(session.text_of<queue::Get>({})),
          end_of_list_(frame_.find(']')) {}

    // The exit code, as of Session::show.
    int show(std::string text) {
        if (session_.globals.json) {
            text = (is_begun_ ? "," : frame_.substr(0, end_of_list_)) +
                   line_of(to_json(Blob{std::move(text)}));
            text.pop_back();
            is_begun_ = true;
        } else if (is_line_) {
            text += '\n';
        }
        return text.empty() ? 0 : session_.show(text);
    }
    // After the last, if there was one.
    int finish() const { return is_begun_ ? session_.show(frame_.substr(end_of_list_)) : 0; }

private:
    const Session& session_;
    const bool is_line_;
    const std::string frame_;  // of JSON: the reply without messages
    const std::size_t end_of_list_;
    bool is_begun_ = false;  // as JSON
};

// The exit code: what could not be shown was told, and is in line again.
Result<int> get_one(const Session& session, client::SharedQueue& queue, Display& display) {
    const auto message = CCD_TRY(queue.peek(patience_of(session)));
    const int code =
        display.show({reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()});
    CCD_TRY(code == 0 ? queue.acknowledge(message) : queue.put_back(message));
    return code;
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
                             .message = "--json makes one object of all messages: how many?"});
    auto use = Use::open(session, request.name, queue::Use::get);
    if (!use) return session.fail(use.error());
    Display display{session, request.lines};
    for (std::uint64_t got = 0; request.count == 0 || got < request.count; ++got) {
        const auto shown = get_one(session, use->queue, display);
        if (!shown) {
            // What was got until then is a whole object too.
            const int code = display.finish();
            return code != 0 ? code : session.fail(shown.error());
        }
        if (*shown != 0) return *shown;
    }
    return display.finish();
}

}  // namespace ccd::ctl
