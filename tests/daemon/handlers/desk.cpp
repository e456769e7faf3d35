#include "tests/daemon/handlers/desk.h"

#include <algorithm>

#include "tests/harness/filesystem.h"

namespace ccd::handlers {
namespace {

harness::TemporaryDirectory make_folder() {
    auto folder = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-desk");
    BOOST_TEST_REQUIRE(folder.has_value());
    return std::move(*folder);
}

std::vector<service::CardFound> two_cards() {
    return {{.index = 0, .uuid = "GPU-a", .name = "A", .memory = 24_GiB},
            {.index = 1, .uuid = "GPU-b", .name = "B", .memory = 24_GiB}};
}

Host make_host() {
    return {
        .health =
            [](Now now) { return host::HealthReply{.status = "well", .timestamp = now.wall}; },
        .stats = [](Now) { return host::StatsReply{}; },
        .user_name = [](std::uint32_t uid) { return "user-" + std::to_string(uid); },
        .find_user = [](std::string_view name) -> std::optional<std::uint32_t> {
            if (name == "owner") return owner.uid;
            return std::nullopt;
        },
        .environment_of = [](std::uint32_t uid) -> std::optional<std::vector<std::string>> {
            if (uid == not_looked_up.uid) return std::nullopt;
            return std::vector{"USER=user-" + std::to_string(uid)};
        },
        .may_run = [](std::uint32_t uid) -> Result<void> {
            if (uid == 9'999) return failure(Errc::denied, "uid 9999 may not run jobs here");
            return {};
        },
        .may_have = [](std::string_view property, std::uint32_t) -> Result<void> {
            if (property.starts_with("User=")) return failure(Errc::denied, "property 'User' no");
            return {};
        },
        .may_join = [](std::string_view pool) -> Result<void> {
            if (pool != "license") return failure(Errc::bad_request, "there is no such pool");
            return {};
        },
        .default_priority = [](job::Class) { return 5; },
        .groups_of = [](std::uint64_t) { return std::vector<std::uint32_t>{}; },
        .queue_figures = [](store::QueueId) { return shm::Figures{}; },
    };
}

}  // namespace

wire::ReplyHead head_of(const std::string& frame) {
    BOOST_TEST_REQUIRE(frame.size() > wire::frame_header);
    auto head = wire::parse_reply(std::string_view{frame}.substr(wire::frame_header));
    BOOST_TEST_REQUIRE(head.has_value());
    return *head;
}

std::optional<wire::ReplyHead> Desk::Said::head() const {
    if (frame.empty()) return std::nullopt;
    return head_of(frame);
}

Desk::Desk()
    : folder_(make_folder()),
      store_(
          {.database = {.path = folder_ / "ccd.db", .vfs = {}}, .clock = store::clock_for_tests}),
      service_(
          {.max_queued_per_user = 100, .boot_id = "boot-1", .order = {.pools = {{"license", 1}}}},
          {.slots = {{.min_memory = 20_GiB, .training = 1, .inference = 3}},
           .headroom = 512_MiB,
           .max_running = 4,
           .cores = 8,
           .memory = 16_GiB}),
      host_(make_host()) {
    auto snapshot = store_.reopen();
    BOOST_TEST_REQUIRE(snapshot.has_value());
    service_.ledger.set_cards(two_cards());
    service_.load(std::move(*snapshot), now);
    service_.loaded(now);
}

Context Desk::context(const service::Ticket& ticket, const service::Caller& caller) {
    return {.service = service_, .host = host_, .caller = caller, .ticket = ticket, .now = now};
}

Desk::Said Desk::say(const service::Caller& caller, const RawRequest& request) {
    std::string body;
    wire::Packer packer{body};
    wire::begin_request(packer, ++last_msgid_, request.method);
    packer.packed(request.params);

    Said said;
    auto asked = context({.connection = 1}, caller);
    said.outcome = dispatch(asked, body, said.frame);
    settle();
    if (said.frame.empty() && late_.size() == 1) said.frame = std::move(take_late().front());
    if (auto head = said.head()) BOOST_TEST(head->msgid == last_msgid_);
    return said;
}

void Desk::settle() {
    do {
        service_.tick(now);
        auto taken = service_.take(service_.current_batch() + (service_.has_rows() ? 1 : 0));
        if (!taken.batch.empty()) {
            BOOST_TEST_REQUIRE(store_.save(std::move(taken.batch)).has_value());
            service_.committed(taken.batch_id);
        }
        for (auto& effect : taken.effects) carry_out(effect);
        service_.tick(now);
    } while (service_.has_decided());
}

void Desk::carry_out(service::Effect& effect) {
    auto* asked = std::get_if<service::Ask>(&effect);
    if (asked == nullptr) return;
    auto answer = store_.ask(std::move(asked->query));
    if (answer) most_rows = std::max(most_rows, answer->jobs.size());
    auto completed = context(asked->ticket, asked->caller);
    std::string frame;
    auto outcome = complete(completed, std::move(asked->purpose), std::move(answer), frame);
    BOOST_TEST((outcome.what == Outcome::What::later) == frame.empty());
    if (!frame.empty()) late_.push_back(std::move(frame));
}

job::Id Desk::submit(const service::Caller& caller, const job::SubmitRequest& request) {
    auto reply = ask<job::Submit>(caller, request);
    BOOST_TEST_REQUIRE(reply.has_value(), (reply ? "" : reply.error().message));
    return reply->id;
}

void Desk::starts(job::Id job) {
    const auto* found = service_.jobs.find(job);
    BOOST_TEST_REQUIRE(found != nullptr);
    service_.jobs.started(job, found->row.progress.attempt, now.wall, now);
    settle();
}

void Desk::ends(job::Id job, std::int32_t exit_code) {
    const auto* found = service_.jobs.find(job);
    BOOST_TEST_REQUIRE(found != nullptr);
    service_.jobs.ended(job, found->row.progress.attempt, {.exit_code = exit_code, .at = now.wall},
                        now);
    settle();
}

}  // namespace ccd::handlers
