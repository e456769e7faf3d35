// One connection to the daemon: frames out, whole messages in, descriptors beside both.
//
// Every call waits in poll until its deadline, never in the socket. While a send waits for room it
// takes in what comes, so that two full buffers never wait for each other. An error of a send, or
// of the stream itself, closes the connection: it would be out of step.
//
// Owner: a Client. Thread: one at a time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "ccd/unique_fd.h"
#include "lib/wire/frame.h"

namespace ccd::client {

// A moment on the monotonic clock; none: wait for ever.
using Deadline = std::optional<Time>;

// So much later than now; none, too, where that is more than the clock can count.
Deadline deadline_after(std::optional<Millis> timeout);

// Rounded up; 0: it is over.
Millis time_until(Time deadline);

// A response, or one item of a stream, as it came.
struct Message {
    std::uint64_t msgid = 0;
    bool is_item = false;
    std::optional<Error> error;
    std::string result;  // MessagePack
};

class Connection {
public:
    // Refuses with `unreachable` where nobody listens, with `denied` where the socket is not for
    // us, or where its owner is neither root nor us.
    static Result<Connection> open(const std::string& path, Deadline deadline);

    // The descriptor, if any, travels beside the first byte; the daemon gets a copy.
    Result<void> send(std::string_view frame, Deadline deadline, int descriptor = -1);

    Result<Message> receive(Deadline deadline);

    // What has come, without waiting.
    Result<std::optional<Message>> try_receive();

    // Readable when try_receive may have something new; -1 once closed.
    int descriptor() const { return socket_.get(); }

    // All that have come so far. Those of a message have come when the message has.
    std::vector<UniqueFd> take_descriptors() { return std::exchange(descriptors_, {}); }
    // Closes so many of them, or all there are, from the first.
    void drop_descriptors(std::size_t count);

private:
    explicit Connection(UniqueFd socket);

    Result<void> read_some();
    Result<void> take_frames(std::string_view bytes);
    tl::unexpected<Error> close(Error error);

    UniqueFd socket_;
    std::unique_ptr<char[]> buffer_;
    wire::FrameDecoder decoder_;
    std::deque<Message> messages_;
    std::vector<UniqueFd> descriptors_;
};

}  // namespace ccd::client
