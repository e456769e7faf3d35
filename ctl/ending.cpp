#include "ctl/ending.h"

#include <algorithm>

namespace ccd::ctl {

Ending::Ending(const Session& session, job::WaitRequest request, client::Client client)
    : session_(session), request_(std::move(request)), client_(std::move(client)) {}

Result<Ending> Ending::ask(const Session& session, job::WaitRequest request) {
    auto client = CCD_TRY(session.connect());
    Ending ending{session, std::move(request), std::move(client)};
    CCD_TRY(ending.put_question());
    return ending;
}

Result<Ending> Ending::ask_with_attempts(const Session& session, job::Id job) {
    auto client = CCD_TRY(session.connect());
    Ending ending{session, {.ids = {job}}, std::move(client)};
    ending.attempts_.emplace(job);
    return ending;
}

Result<job::JobsReply> Ending::wait() {
    for (;;) {
        if (auto reply = CCD_TRY(check())) return *std::move(reply);
        wait_for(descriptor(), time_to_step());
    }
}

Result<std::optional<job::JobsReply>> Ending::check() {
    if (session_.time_left() == Millis{0}) return tl::unexpected{not_ended_in_time()};
    auto reply = look();
    if (reply || reply.error().code != Errc::unreachable) return reply;
    auto delay = tries_.next();
    if (!delay) return reply;
    next_try_ = client::deadline_after(delay);
    return std::optional<job::JobsReply>{};
}

std::optional<Millis> Ending::time_to_step() const {
    auto left = session_.time_left();
    if (!next_try_) return left;
    auto until_try = client::time_until(*next_try_);
    return std::min(left.value_or(until_try), until_try);
}

// Has the answer come? Where the daemon was away, is it back? `unreachable`: it is not there.
//
// With attempts it is looked for once events have told of the end, and not before: what has been
// read beside something else would wake nobody again.
Result<std::optional<job::JobsReply>> Ending::look() {
    std::optional<job::JobsReply> reply;
    if (next_try_ && client::time_until(*next_try_) > Millis{0}) return reply;
    if (next_try_ || !msgid_) CCD_TRY(put_question());
    if (attempts_) {
        CCD_TRY(attempts_->listen(client_));
        if (!attempts_->have_ended()) return reply;
    }
    if (!CCD_TRY(client_.is_ready(*msgid_))) return reply;
    reply = CCD_TRY(client_.receive<job::Wait>(*msgid_));
    if (attempts_)
        for (const auto& job : reply->jobs) attempts_->note(job.state, job.attempt);
    return reply;
}

Result<void> Ending::put_question() {
    if (next_try_) client_ = CCD_TRY(reconnect(session_));
    msgid_ = CCD_TRY(client_.send<job::Wait>(request_));
    if (attempts_) CCD_TRY(attempts_->subscribe(client_));
    next_try_.reset();
    tries_ = {};
    return {};
}

Result<client::Client> reconnect(const Session& session) {
    auto client = session.connect();
    if (!client) client.error().code = Errc::unreachable;
    return client;
}

Error not_ended_in_time() {
    return Error{.code = Errc::timeout, .message = "not ended in time; what runs goes on"};
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
