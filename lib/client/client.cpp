#include "lib/client/client.h"

#include <cassert>

namespace ccd::client {
namespace {

// Of one stream, while another reply is waited for.
constexpr std::size_t items_limit = 100'000;

}  // namespace

Result<Client> Client::open(const std::string& path, std::optional<Millis> timeout) {
    Client client{CCD_TRY(Connection::open(path, deadline_after(timeout)))};
    client.timeout_ = timeout;
    return client;
}

Result<std::uint64_t> Client::send_frame(std::string& frame, std::size_t begun, int descriptor) {
    auto length = frame.size() - begun - wire::frame_header;
    if (length > wire::frame_limit)
        return failure(Errc::over_limit, "the request is " + std::to_string(length) +
                                             " bytes long; at most " +
                                             std::to_string(wire::frame_limit) + " are allowed");
    wire::end_frame(frame, begun);
    CCD_TRY(connection_.send(frame, deadline_after(timeout_), descriptor));
    waiting_.try_emplace(last_msgid_);
    return last_msgid_;
}

Result<Message> Client::take(std::uint64_t msgid) {
    auto deadline = deadline_after(timeout_);
    auto at = waiting_.find(msgid);
    assert(at != waiting_.end());
    while (at->second.empty()) {
        auto message = connection_.receive(deadline);
        auto sorted = message ? sort(*std::move(message))
                              : Result<void>{tl::unexpected{std::move(message.error())}};
        if (sorted) continue;
        forget(msgid);
        return tl::unexpected{std::move(sorted.error())};
    }
    auto message = std::move(at->second.front());
    at->second.pop_front();
    if (!message.is_item) waiting_.erase(at);
    if (message.error) return tl::unexpected{*std::move(message.error)};
    return message;
}

Result<bool> Client::is_ready(std::uint64_t msgid) {
    auto at = waiting_.find(msgid);
    assert(at != waiting_.end());
    while (at->second.empty()) {
        auto message = CCD_TRY(connection_.try_receive());
        if (!message) return false;
        CCD_TRY(sort(*std::move(message)));
    }
    return true;
}

bool Client::is_connected() {
    for (;;) {
        auto message = connection_.try_receive();
        if (!message) return false;
        if (!*message) return true;
        if (!sort(**std::move(message))) return false;
    }
}

// To the request it belongs to. What belongs to none was forgotten, and is of no use. A late one
// may send in its turn, which receives nothing that is sorted here.
Result<void> Client::sort(Message message) {
    if (message.msgid == 0 && message.error) return tl::unexpected{*std::move(message.error)};
    if (auto late = late_.extract(message.msgid)) {
        late.mapped()(*this, message);
        return {};
    }
    auto at = waiting_.find(message.msgid);
    if (at == waiting_.end()) return {};
    if (at->second.size() == items_limit)
        return failure(Errc::over_limit, "more than " + std::to_string(items_limit) +
                                             " items of a stream wait to be received");
    at->second.push_back(std::move(message));
    return {};
}

tl::unexpected<Error> Client::not_understood(std::string_view name, const Error& error) {
    Error wrapped{.code = Errc::internal,
                  .message = "the daemon's reply to " + std::string{name} +
                             " makes no sense to ccd " CCD_VERSION
                             ", perhaps it is another release: " +
                             error.message,
                  .confirmed = false};
    return tl::unexpected{std::move(wrapped)};
}

}  // namespace ccd::client
