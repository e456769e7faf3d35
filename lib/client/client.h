// What a program uses to speak with the daemon: one command, one call.
//
//     auto client = CCD_TRY(client::Client::open(path, 30s));
//     auto reply = CCD_TRY(client.call<job::Status>({.ids = {17}}));
//
// Requests may be sent ahead (`send`) and their replies taken in any order (`receive`); a reply
// that comes before it is asked for is kept. An error whose `confirmed` is false leaves open
// whether the request was carried out.
//
// Thread: one client, one thread at a time.
#pragma once

#include <concepts>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ccd/command.h"
#include "ccd/result.h"
#include "lib/client/command_codec.h"
#include "lib/client/connection.h"
#include "lib/wire/message.h"

namespace ccd::client {

template <class Command>
concept Once = Command::info.shape == Shape::once;
template <class Command>
concept Stream = Command::info.shape == Shape::stream;

class Client {
public:
    // The time-out bounds the connecting and then each wait; none: for ever.
    static Result<Client> open(const std::string& path, std::optional<Millis> timeout);

    void set_timeout(std::optional<Millis> timeout) { timeout_ = timeout; }

    // The descriptor, if any, goes with the request; it stays the caller's.
    template <Once Command>
    Result<typename Command::Reply> call(const typename Command::Request& request,
                                         const UniqueFd& descriptor = {}) {
        auto msgid = CCD_TRY(send<Command>(request, descriptor));
        return receive<Command>(msgid);
    }

    // As above. A reply that does not come in time is for `on_late(client, reply)`, once it comes
    // while something else is received. Its descriptors are the first of those not yet taken.
    template <Once Command, std::invocable<Client&, const typename Command::Reply&> OnLate>
    Result<typename Command::Reply> call(const typename Command::Request& request,
                                         const UniqueFd& descriptor, OnLate on_late) {
        auto msgid = CCD_TRY(send<Command>(request, descriptor));
        auto reply = receive<Command>(msgid);
        if (!reply && reply.error().code == Errc::timeout && !reply.error().confirmed)
            late_.emplace(msgid, [on_late](Client& client, const Message& message) {
                if (auto came = decode<Command>(message)) on_late(client, *came);
            });
        return reply;
    }

    // Sends it and waits for no answer: that is passed over when it comes.
    template <Once Command>
    Result<void> tell(const typename Command::Request& request) {
        forget(CCD_TRY(send<Command>(request)));
        return {};
    }

    // Calls `on_item` with each item until it returns false, or the daemon ends the stream. The
    // time-out bounds each wait for an item. A stream that was stopped goes on at the daemon until
    // the client is gone.
    template <Stream Command, std::predicate<const typename Command::Reply&> OnItem>
    Result<void> follow(const typename Command::Request& request, OnItem on_item) {
        auto msgid = CCD_TRY(send<Command>(request));
        for (;;) {
            auto item = CCD_TRY(receive_item<Command>(msgid));
            if (!item) return {};
            if (on_item(std::as_const(*item))) continue;
            forget(msgid);
            return {};
        }
    }

    // Gives the number by which the reply is received.
    template <class Command>
    Result<std::uint64_t> send(const typename Command::Request& request,
                               const UniqueFd& descriptor = {}) {
        std::string frame;
        auto begun = wire::begin_frame(frame);
        wire::Packer packer{frame};
        wire::begin_request(packer, ++last_msgid_, Command::info.name);
        CommandCodec<Command>::encode(packer, request);
        return send_frame(frame, begun, descriptor.get());
    }

    // REQUIRES: `msgid` was sent as this command, and its reply is not received yet.
    template <Once Command>
    Result<typename Command::Reply> receive(std::uint64_t msgid) {
        auto message = CCD_TRY(take(msgid));
        return decode<Command>(message);
    }

    // None: the stream has ended.
    template <Stream Command>
    Result<std::optional<typename Command::Reply>> receive_item(std::uint64_t msgid) {
        auto message = CCD_TRY(take(msgid));
        if (!message.is_item) return std::optional<typename Command::Reply>{};
        return std::optional{CCD_TRY(decode<Command>(message))};
    }

    // Takes in what has come, without waiting; true: receive will not wait.
    Result<bool> is_ready(std::uint64_t msgid);

    // Takes in what has come, without waiting. False: the daemon has closed the connection.
    bool is_connected();

    // Readable when is_ready may have become true.
    int descriptor() const { return connection_.descriptor(); }

    // The descriptors that have come so far, in the order of their replies; those of a reply have
    // come when it is received. With several requests under way whose replies carry descriptors,
    // whose is whose is not told.
    std::vector<UniqueFd> take_descriptors() { return connection_.take_descriptors(); }
    // Closes the first of them.
    void drop_descriptors(std::size_t count) { connection_.drop_descriptors(count); }

private:
    explicit Client(Connection connection) : connection_(std::move(connection)) {}

    Result<std::uint64_t> send_frame(std::string& frame, std::size_t begun, int descriptor);
    Result<Message> take(std::uint64_t msgid);
    Result<void> sort(Message message);
    void forget(std::uint64_t msgid) { waiting_.erase(msgid); }

    template <class Command>
    static Result<typename Command::Reply> decode(const Message& message) {
        auto reply = CommandCodec<Command>::decode(message.result, wire::Unknown::ignored);
        if (!reply) return not_understood(Command::info.name, reply.error());
        return reply;
    }
    static tl::unexpected<Error> not_understood(std::string_view name, const Error& error);

    Connection connection_;
    std::optional<Millis> timeout_;
    std::uint64_t last_msgid_ = 0;
    // For each request that is under way, what has come and was not asked for yet.
    std::map<std::uint64_t, std::deque<Message>> waiting_;
    // For the answers that did not come in time, where something has to be done about them.
    std::map<std::uint64_t, std::function<void(Client&, const Message&)>> late_;
};

}  // namespace ccd::client
