#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "ccd/host.h"
#include "lib/wire/message.h"
#include "tests/harness/connection.h"
#include "tests/harness/lean_client.h"
#include "tests/harness/requests.h"
#include "tests/stress/check.h"
#include "tests/stress/crowd.h"
#include "tests/stress/scenario.h"

namespace ccd::stress {
namespace {

using harness::LeanClient;

constexpr std::size_t connections = 1000;
constexpr std::size_t user_limit = 1024;  // daemon.max_connections_per_user, if nothing is said
constexpr std::size_t spare_descriptors = 64;
constexpr std::uint64_t pings_each = 5;

harness::Probe ping() {
    return {harness::ccd_request<host::Ping>(1, {}), &harness::ccd_answers};
}

Result<void> serve_all(LeanClient& client, Report& report) {
    auto outcome = CCD_TRY(client.run({.batches = pings_each}));
    Tally tally{.operations = connections * pings_each, .failed = outcome.refused};
    tally.failed += tally.operations - outcome.answered;
    tally.latency = std::move(outcome.latency);
    end_requests(report, fmt::format("{} connections, {} pings on each", connections, pings_each),
                 tally);
    return {};
}

// All that comes until the other end closes.
Result<std::string> read_to_end(int fd) {
    std::string received;
    char buffer[4096];
    for (;;) {
        pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, static_cast<int>(patience.count())) <= 0)
            return failure(Errc::timeout, "neither told nor closed");
        auto size = ::recv(fd, buffer, sizeof buffer, 0);
        if (size <= 0) return received;
        received.append(buffer, static_cast<std::size_t>(size));
    }
}

// What a connection over the limit is told: exactly [1, 0, over-limit, nil], and the end.
Result<std::string> read_refusal(int fd) {
    auto received = CCD_TRY(read_to_end(fd));
    wire::FrameDecoder decoder;
    decoder.feed(received);
    auto body = CCD_TRY(decoder.next());
    if (!body) return failure(Errc::internal, "closed without a word");
    auto head = CCD_TRY(wire::parse_reply(*body));
    if (!head.error || head.error->code != Errc::over_limit || head.msgid != 0 ||
        head.result != "\xc0")
        return failure(Errc::internal, "told something else than 'over-limit'");
    if (auto more = CCD_TRY(decoder.next()); more || decoder.is_partial())
        return failure(Errc::internal, "told more than the refusal");
    return head.error->message;
}

// Up to the limit, each served; then one more.
Result<void> go_over_the_limit(const Ground& ground, Report& report) {
    std::vector<UniqueFd> others;
    while (connections + others.size() < user_limit) {
        others.push_back(CCD_TRY(harness::connect_to(ground.socket)));
        CCD_TRY(harness::exchange(others.back().get(), ping(), patience));
    }
    report.end_step(fmt::format("all {} connections of the user are served", user_limit), true);
    auto over = CCD_TRY(harness::connect_to(ground.socket));
    auto refusal = read_refusal(over.get());
    report.end_step("one more is told 'over-limit' and closed", refusal.has_value(),
                    refusal ? *refusal : refusal.error().message);
    CCD_TRY(harness::exchange(others.back().get(), ping(), patience));
    report.end_step("the others are still served", true);
    return {};
}

// The daemon notices in its own time that somebody has left.
Result<void> come_back(const Ground& ground, Report& report) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto fd = CCD_TRY(harness::connect_to(ground.socket));
        auto answer = harness::exchange(fd.get(), ping(), patience);
        if (answer && harness::ccd_answers(*answer).refused == 0) break;
        if (std::chrono::steady_clock::now() > deadline)
            return failure(Errc::timeout, "still refused after the others have gone");
    }
    report.end_step("when they are gone, a new one is served", true);
    return {};
}

}  // namespace

Result<void> connect_many(const Ground& ground, Report& report) {
    CCD_TRY(allow_descriptors(user_limit + spare_descriptors));
    {
        auto client = CCD_TRY(LeanClient::open({.socket = ground.socket,
                                                .count = &harness::ccd_answers,
                                                .connections = connections,
                                                .batch = ping().request,
                                                .next = {}}));
        CCD_TRY(serve_all(client, report));
        if (!ground.daemon) return {};
        CCD_TRY(go_over_the_limit(ground, report));
    }
    return come_back(ground, report);
}

}  // namespace ccd::stress
