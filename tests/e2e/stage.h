// A real daemon, spoken to over its real socket, and the verbs that its stories are told in.
//
// Each verb requires that it succeeds; `ask` and `refuse` are for what may not. Nothing here
// sleeps: every wait is for a reply, an event or the end of a process. When it ends, so do all
// jobs.
//
// Owner: a test case. Thread: the main thread only.
#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ccd/commands.h"
#include "lib/client/client.h"
#include "tests/e2e/called.h"
#include "tests/e2e/ctl.h"
#include "tests/e2e/process.h"
#include "tests/harness/private_daemon.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::e2e {

struct Setup {
    std::size_t cards = 0;            // of 24 GiB each
    std::vector<std::string> values;  // KEY=VALUE
};

class Stage {
public:
    explicit Stage(const Setup& setup = {});
    ~Stage();

    harness::PrivateDaemon& daemon() { return *daemon_; }
    // A place for the test's own files, whose name no shell has to quote.
    std::string path(std::string_view name) const { return folder_ / name; }

    client::Client connect() const;

    template <client::Once Command>
    Result<typename Command::Reply> ask(const typename Command::Request& request) {
        note_called(Command::info.name);
        auto client = connect();
        return client.call<Command>(request);
    }
    template <client::Once Command>
    typename Command::Reply call(const typename Command::Request& request = {}) {
        auto reply = ask<Command>(request);
        BOOST_TEST_REQUIRE(reply.has_value(),
                           Command::info.name << ": " << (reply ? "" : reply.error().message));
        return *std::move(reply);
    }
    template <client::Once Command>
    Error refuse(const typename Command::Request& request = {}) {
        auto reply = ask<Command>(request);
        BOOST_TEST_REQUIRE(!reply.has_value(), Command::info.name << " was not refused");
        return reply.error();
    }

    job::SubmitRequest program(std::vector<std::string> argv) const;
    job::SubmitRequest shell(const std::string& script) const;
    // Runs until it is ended.
    job::SubmitRequest endless() const { return program({"/bin/sleep", "100000"}); }

    job::Id submit(const job::SubmitRequest& request);
    // Its view once it has ended.
    job::View wait(job::Id job);
    job::View run(const job::SubmitRequest& request) { return wait(submit(request)); }
    job::View status(job::Id job);
    // Until an event says that it is in this state, or was.
    void await(job::Id job, job::State state);
    job::Id start(const job::SubmitRequest& request);
    void cancel(job::Id job);
    std::string log(job::Id job);
    // All events after this number, up to now, on one connection.
    std::vector<job::Event> events_since(std::uint64_t seq);

    // ccctl with this daemon's socket.
    CtlLine line(std::vector<std::string> words) const;
    Ran ctl(std::vector<std::string> words) const { return run_ctl(line(std::move(words))); }

    void restart();
    void kill() { daemon_->kill(); }
    void send_signal(int number);

private:
    void end_all_jobs();

    harness::TemporaryDirectory folder_;
    std::optional<harness::PrivateDaemon> daemon_;
};

std::string last_line(const std::string& text);

}  // namespace ccd::e2e
