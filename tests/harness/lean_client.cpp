#include "tests/harness/lean_client.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tests/harness/connection.h"
#include "tests/harness/error.h"

namespace ccd::harness {
namespace {

constexpr std::size_t read_size = 256 * 1024;
// The longest beginning of an answer that is kept, a frame of ccd, and one read behind it.
constexpr std::size_t buffer_size = 2 * 1024 * 1024;

Nanos clock_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

Result<void> make_nonblocking(int fd) {
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return failure_from(errno, "no nonblocking socket");
    return {};
}

}  // namespace

struct LeanClient::Run {
    Until until;
    Nanos began;
    Nanos deadline;               // after it only the first answer counts, and puts it off
    std::uint64_t in_flight = 0;  // answers awaited on all connections
    Outcome outcome;

    bool is_over(const Connection& connection, Nanos now) const {
        if (connection.batches >= until.batches) return true;
        return connection.batches > 0 && now >= deadline;
    }
    void count(const Answers& answers, Nanos sent, Nanos now) {
        in_flight -= answers.whole;
        if (now > deadline) {
            if (outcome.answered > 0) return;
            deadline = now;
        }
        outcome.answered += answers.whole;
        outcome.refused += answers.refused;
        outcome.latency.record(now - sent, answers.whole);
    }
};

LeanClient::LeanClient(Load load, UniqueFd epoll, std::vector<Connection> connections)
    : load_(std::move(load)),
      epoll_(std::move(epoll)),
      connections_(std::move(connections)),
      buffer_(buffer_size) {}

Result<LeanClient> LeanClient::open(Load load) {
    UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return failure_from(errno, "no epoll");
    std::vector<Connection> connections(load.connections);
    for (auto& connection : connections) {
        connection.fd = CCD_TRY(connect_to(load.socket));
        CCD_TRY(make_nonblocking(connection.fd.get()));
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, connection.fd.get(), &event) != 0)
            return failure_from(errno, "no epoll");
    }
    return LeanClient{std::move(load), std::move(epoll), std::move(connections)};
}

Result<Outcome> LeanClient::run(Until until) {
    auto began = clock_now();
    Run run{.until = until, .began = began, .deadline = Nanos::max(), .outcome = {}};
    if (until.elapsed != Nanos::max()) run.deadline = began + until.elapsed;
    for (auto& connection : connections_) {
        connection.batches = 0;
        CCD_TRY(send_batch(run, connection, clock_now()));
    }
    std::array<epoll_event, 64> events;
    while (run.in_flight > 0) {
        int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(patience.count()));
        if (ready < 0 && errno != EINTR) return failure_from(errno, "cannot wait");
        if (ready == 0) return failure(Errc::timeout, "'" + load_.socket + "' does not answer");
        for (int i = 0; i < ready; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            CCD_TRY(serve(run, *static_cast<Connection*>(event.data.ptr), event.events));
        }
    }
    run.outcome.elapsed = std::min(clock_now(), run.deadline) - began;
    return std::move(run.outcome);
}

Result<void> LeanClient::serve(Run& run, Connection& connection, std::uint32_t events) {
    if (events & EPOLLOUT) CCD_TRY(send_rest(connection));
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) return receive(run, connection);
    return {};
}

Result<void> LeanClient::send_batch(Run& run, Connection& connection, Nanos now) {
    if (run.is_over(connection, now)) return {};
    if (load_.next) {
        connection.out.clear();
        for (std::size_t i = 0; i < load_.depth; ++i) load_.next(connection.out);
    }
    ++connection.batches;
    connection.awaited = load_.depth;
    run.in_flight += load_.depth;
    connection.began = now;
    connection.sent = 0;
    return send_rest(connection);
}

// The rest of a batch goes out when there is room for it; until then epoll looks for room too.
Result<void> LeanClient::send_rest(Connection& connection) {
    const auto& batch = batch_of(connection);
    auto was_stuck = connection.sent > 0;
    auto size = ::send(connection.fd.get(), batch.data() + connection.sent,
                       batch.size() - connection.sent, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        return failure(Errc::unreachable,
                       "'" + load_.socket + "' hung up: " + std::strerror(errno));
    if (size > 0) connection.sent += static_cast<std::size_t>(size);
    bool is_stuck = connection.sent < batch.size();
    if (is_stuck || was_stuck) watch(connection, is_stuck ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return {};
}

Result<void> LeanClient::receive(Run& run, Connection& connection) {
    auto kept = connection.rest.size();
    if (kept + read_size > buffer_.size())
        return failure(Errc::internal, "an answer that is too long");
    std::memcpy(buffer_.data(), connection.rest.data(), kept);
    auto size = ::recv(connection.fd.get(), buffer_.data() + kept, read_size, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size <= 0) return failure(Errc::unreachable, "'" + load_.socket + "' hung up");
    auto now = clock_now();
    std::string_view received{buffer_.data(), kept + static_cast<std::size_t>(size)};
    auto answers = load_.count(received);
    if (answers.whole > connection.awaited)
        return failure(Errc::internal, "more answers than requests");
    connection.rest.assign(received.substr(answers.bytes));
    connection.awaited -= answers.whole;
    run.count(answers, connection.began, now);
    if (connection.awaited == 0 && answers.whole > 0) return send_batch(run, connection, now);
    return {};
}

void LeanClient::watch(Connection& connection, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
}

const std::string& LeanClient::batch_of(const Connection& connection) const {
    return load_.next ? connection.out : load_.batch;
}

}  // namespace ccd::harness
