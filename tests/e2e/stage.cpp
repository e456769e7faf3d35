#include "tests/e2e/stage.h"

#include <signal.h>
#include <unistd.h>

#include "tests/harness/filesystem.h"

namespace ccd::e2e {
namespace {

// Far longer than anything takes that works.
constexpr Millis patience{120'000};

template <class T>
T required(Result<T> result) {
    BOOST_TEST_REQUIRE(result.has_value(), (result ? "" : result.error().message));
    return *std::move(result);
}

}  // namespace

Stage::Stage(const Setup& setup)
    : folder_(
          required(harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-e2e"))) {
    harness::DaemonSetup daemon{.parent = harness::scratch_directory(),
                                .cards = setup.cards,
                                .values = {"jobs.stop_grace=2s"}};
    daemon.values.insert(daemon.values.end(), setup.values.begin(), setup.values.end());
    daemon_.emplace(required(harness::PrivateDaemon::start(daemon)));
}

Stage::~Stage() {
    end_all_jobs();
}

// No job outlives its test, even one that failed.
void Stage::end_all_jobs() {
    auto client = client::Client::open(daemon_->socket(), patience);
    if (!client && daemon_->restart()) client = client::Client::open(daemon_->socket(), patience);
    for (bool is_more = client.has_value(); is_more;) {
        auto unfinished = client->call<job::Status>({});
        is_more = unfinished && !unfinished->jobs.empty();
        if (!is_more) break;
        std::vector<job::Id> ids;
        for (const auto& job : unfinished->jobs) ids.push_back(job.id);
        // One that has ended meanwhile keeps the others from being cancelled with it.
        if (!client->call<job::Cancel>({.ids = ids, .reason = {}}))
            for (auto id : ids)
                static_cast<void>(client->call<job::Cancel>({.ids = {id}, .reason = {}}));
        is_more = client->call<job::Wait>({.ids = ids}).has_value();
    }
}

client::Client Stage::connect() const {
    return required(client::Client::open(daemon_->socket(), patience));
}

job::SubmitRequest Stage::program(std::vector<std::string> argv) const {
    return {.argv = std::move(argv), .env = {"PATH=/usr/bin:/bin"}, .cwd = folder_.path()};
}

job::SubmitRequest Stage::shell(const std::string& script) const {
    return program({"/bin/sh", "-c", script});
}

job::Id Stage::submit(const job::SubmitRequest& request) {
    return call<job::Submit>(request).id;
}

job::View Stage::wait(job::Id job) {
    auto reply = call<job::Wait>({.ids = {job}});
    BOOST_TEST_REQUIRE(reply.jobs.size() == 1U);
    BOOST_TEST(job::is_final(reply.jobs[0].state));
    return reply.jobs[0];
}

job::View Stage::status(job::Id job) {
    auto reply = call<job::Status>({.ids = {job}});
    BOOST_TEST_REQUIRE(reply.jobs.size() == 1U);
    return reply.jobs[0];
}

void Stage::await(job::Id job, job::State state) {
    note_called(job::Events::info.name);
    auto client = connect();
    auto followed = client.follow<job::Events>({.since = 0, .job = job}, [&](const auto& event) {
        BOOST_TEST_REQUIRE((event.to == state || !event.to || !job::is_final(*event.to)),
                           "job " << job << " has ended: " << event.reason.value_or(""));
        return event.to != state;
    });
    BOOST_TEST_REQUIRE(followed.has_value(), (followed ? "" : followed.error().message));
}

job::Id Stage::start(const job::SubmitRequest& request) {
    auto job = submit(request);
    await(job, job::State::running);
    return job;
}

void Stage::cancel(job::Id job) {
    call<job::Cancel>({.ids = {job}, .reason = {}});
}

std::string Stage::log(job::Id job) {
    note_called(job::Logs::info.name);
    auto client = connect();
    required(client.call<job::Logs>({.id = job, .attempt = {}}));
    auto descriptors = client.take_descriptors();
    BOOST_TEST_REQUIRE(descriptors.size() == 1U);
    std::string text;
    std::vector<char> buffer(1 << 16);
    off_t at = 0;
    for (ssize_t size; (size = ::pread(descriptors[0].get(), buffer.data(), buffer.size(), at)) > 0;
         at += size)
        text.append(buffer.data(), static_cast<std::size_t>(size));
    return text;
}

std::vector<job::Event> Stage::events_since(std::uint64_t seq) {
    note_called(job::Events::info.name);
    // Its own submit marks the end of what there is.
    auto held = program({"/bin/true"});
    held.hold = true;
    auto marker = submit(held);
    auto client = connect();
    std::vector<job::Event> events;
    auto followed = client.follow<job::Events>({.since = seq, .job = {}}, [&](const auto& event) {
        if (event.job == marker) return false;
        events.push_back(event);
        return true;
    });
    BOOST_TEST_REQUIRE(followed.has_value(), (followed ? "" : followed.error().message));
    return events;
}

CtlLine Stage::line(std::vector<std::string> words) const {
    return {.words = std::move(words),
            .environment = {"CCD_SOCKET=" + daemon_->socket()},
            .cwd = folder_.path()};
}

void Stage::restart() {
    auto restarted = daemon_->restart();
    BOOST_TEST_REQUIRE(restarted.has_value(), (restarted ? "" : restarted.error().message));
}

void Stage::send_signal(int number) {
    BOOST_TEST_REQUIRE(::kill(daemon_->pid(), number) == 0);
}

std::string last_line(const std::string& text) {
    auto whole = text.substr(0, text.find_last_not_of('\n') + 1);
    return whole.substr(whole.find_last_of('\n') + 1);
}

}  // namespace ccd::e2e
