#include "ctl/ending.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace ccd::ctl {
namespace {

constexpr std::array delays{Millis{100},  Millis{200},  Millis{400},   Millis{800},  Millis{1600},
                            Millis{3200}, Millis{6400}, Millis{10000}, Millis{10000}};

Error not_in_time() {
    return Error{.code = Errc::timeout, .message = "not ended in time; what runs goes on"};
}

}  // namespace

Ending::Ending(const Session& session, job::WaitRequest request, client::Client client,
               std::uint64_t msgid)
    : session_(session),
      request_(std::move(request)),
      client_(std::move(client)),
      msgid_(msgid),
      deadline_(client::deadline_after(session.globals.timeout)) {}

Result<Ending> Ending::ask(const Session& session, job::WaitRequest request) {
    auto client = CCD_TRY(session.connect(session.call_timeout()));
    auto msgid = CCD_TRY(client.send<job::Wait>(request));
    return Ending{session, std::move(request), std::move(client), msgid};
}

std::optional<Millis> Ending::time_left() const {
    if (!deadline_) return std::nullopt;
    auto left = std::chrono::ceil<Millis>(*deadline_ - std::chrono::steady_clock::now());
    return std::max(left, Millis{0});
}

Result<job::JobsReply> Ending::wait() {
    for (;;) {
        client_.set_timeout(time_left());
        auto reply = client_.receive<job::Wait>(msgid_);
        if (!reply && reply.error().code == Errc::timeout) return tl::unexpected{not_in_time()};
        if (reply || reply.error().code != Errc::unreachable) return reply;
        CCD_TRY(ask_again(reply.error()));
    }
}

Result<std::optional<job::JobsReply>> Ending::check() {
    if (time_left() == Millis{0}) return tl::unexpected{not_in_time()};
    auto is_ready = client_.is_ready(msgid_);
    if (is_ready && !*is_ready) return std::optional<job::JobsReply>{};
    auto reply = is_ready ? client_.receive<job::Wait>(msgid_)
                          : Result<job::JobsReply>{tl::unexpected{is_ready.error()}};
    if (reply) return std::optional{*std::move(reply)};
    if (reply.error().code != Errc::unreachable) return tl::unexpected{reply.error()};
    CCD_TRY(ask_again(reply.error()));
    return std::optional<job::JobsReply>{};
}

Result<void> Ending::ask_again(const Error& error) {
    auto last = error;
    for (auto delay : delays) {
        pause_for(std::min(delay, time_left().value_or(delay)));
        auto client = session_.connect(session_.call_timeout());
        auto msgid = client ? client->send<job::Wait>(request_)
                            : Result<std::uint64_t>{tl::unexpected{client.error()}};
        if (msgid) {
            client_ = *std::move(client);
            msgid_ = *msgid;
            return {};
        }
        last = msgid.error();
        if (last.code != Errc::unreachable) break;
    }
    return tl::unexpected{std::move(last)};
}

int exit_code_of(const job::View& job) {
    if (job.signal) return 128 + *job.signal;
    if (job.exit_code && (*job.exit_code != 0 || job.state == job::State::succeeded))
        return *job.exit_code;
    switch (job.state) {
        case job::State::timed_out:
            return passing_base + info_of(Errc::timeout).exit_code;
        case job::State::lost:
            return passing_base + info_of(Errc::internal).exit_code;
        case job::State::succeeded:
            return 0;
        default:
            return 1;
    }
}

int exit_code_of(const std::vector<job::View>& jobs) {
    bool is_good = std::ranges::all_of(jobs, [](const job::View& job) {
        return !job::is_final(job.state) || job.state == job::State::succeeded;
    });
    return is_good ? 0 : 1;
}

}  // namespace ccd::ctl
