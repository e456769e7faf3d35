// Configurations, good and bad, and a store that cannot be used.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/e2e/stage.h"
#include "tests/harness/filesystem.h"

namespace ccd::e2e {
namespace {

// ccd run to its end, where it has no reason to stay.
struct Alone {
    struct Result {
        std::string status;
        std::string said;
    };

    Alone() {
        auto made = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-alone");
        BOOST_TEST_REQUIRE(made.has_value());
        folder.emplace(std::move(*made));
    }

    std::string path(std::string_view name) const { return *folder / name; }

    Result ccd(std::vector<std::string> words) {
        auto program = harness::find_beside_us("ccd", "CCD_BIN");
        BOOST_TEST_REQUIRE(program.has_value());
        words.insert(words.begin(), *program);
        std::filesystem::remove(path("said"));
        auto status = harness::run({.argv = words, .environment = {}, .output = path("said")});
        BOOST_TEST_REQUIRE(status.has_value());
        return {harness::describe_status(*status), read_file(path("said"))};
    }

    std::string write_config(const std::string& text) const {
        write_file(path("ccd.toml"), text);
        return path("ccd.toml");
    }

    // Where everything it makes is in our folder.
    std::string places() const {
        return "[daemon]\nsocket = \"" + path("ccd.sock") + "\"\nstate_dir = \"" + path("state") +
               "\"\nruntime_dir = \"" + path("run") + "\"\n";
    }

    std::optional<harness::TemporaryDirectory> folder;
};

bool says(const Alone::Result& result, std::string_view text) {
    return result.said.find(text) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(configuration, Alone, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_good_configuration_is_said_to_be_good_and_nothing_is_made) {
    auto result = ccd({"--check-config", "--config", write_config(places())});
    BOOST_TEST(result.status == "exit code 0");
    BOOST_TEST(!std::filesystem::exists(path("state")));
    BOOST_TEST(!std::filesystem::exists(path("ccd.sock")));
}

BOOST_AUTO_TEST_CASE(a_configuration_that_cannot_be_read_is_named) {
    for (const auto* mode : {"--check-config", "--set=daemon.max_connections=5"}) {
        auto result = ccd({mode, "--config", path("nothing.toml")});
        BOOST_TEST(result.status == "exit code 2");
        BOOST_TEST(says(result, "nothing.toml"), result.said);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_named_with_its_place_and_the_nearest_known) {
    auto file = write_config(places() + "[jobs]\n\nmax_runing = 3\n");
    for (bool is_check : {true, false}) {
        auto result = ccd(is_check ? std::vector<std::string>{"--check-config", "--config", file}
                                   : std::vector<std::string>{"--config", file});
        BOOST_TEST(result.status == "exit code 2");
        BOOST_TEST(says(result, file + ":7"), result.said);
        BOOST_TEST(says(result, "jobs.max_runing"), result.said);
        BOOST_TEST(says(result, "max_running"), result.said);
    }
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_allowed_is_named_with_what_is) {
    auto result = ccd({"--config", write_config(places() + "[storage]\nretry_delay = \"soon\"\n")});
    BOOST_TEST(result.status == "exit code 2");
    BOOST_TEST(says(result, path("ccd.toml") + ":6"), result.said);
    BOOST_TEST(says(result, "storage.retry_delay"), result.said);
    result = ccd({"--check-config", "--set", "daemon.max_connections=0"});
    BOOST_TEST(result.status == "exit code 2");
    BOOST_TEST(says(result, "daemon.max_connections"), result.said);
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_bad_usage) {
    auto result = ccd({"--confg", "x"});
    BOOST_TEST(result.status == "exit code 2");
    BOOST_TEST(says(result, "--config"), result.said);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_none_stops_the_start_and_stays_as_it_was) {
    std::string garbage(20'000, 'g');
    std::filesystem::create_directory(path("state"));
    write_file(path("state/ccd.db"), garbage);
    auto result = ccd({"--config", write_config(places() + "[jobs]\nexecutor = \"process\"\n")});
    BOOST_TEST(result.status == "exit code 4");
    BOOST_TEST(says(result, "ccd.db"), result.said);
    BOOST_TEST((read_file(path("state/ccd.db")) == garbage));
    BOOST_TEST(!std::filesystem::exists(path("ccd.sock")));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_a_storage_that_cannot_be_used) {
    write_file(path("file"), "");
    for (const auto* key : {"daemon.state_dir", "daemon.runtime_dir"}) {
        auto wrong = std::string{key} + "=" + path("file/inside");
        auto result = ccd({"--config", write_config(places()), "--set", wrong});
        BOOST_TEST(result.status == "exit code 4");
        BOOST_TEST(says(result, path("file/inside")), result.said);
    }
}

// The start ends at the socket, for which there is no folder: all before was done.
BOOST_AUTO_TEST_CASE(a_state_directory_that_others_can_enter_is_closed_to_them) {
    std::filesystem::create_directory(path("state"));
    std::filesystem::permissions(path("state"), std::filesystem::perms{0755});
    auto result = ccd({"--config", write_config(places()), "--set",
                       "daemon.socket=" + path("no/folder/ccd.sock")});
    BOOST_TEST(result.status == "exit code 2");
    BOOST_TEST(says(result, "others could enter the state directory"), result.said);
    BOOST_TEST((std::filesystem::status(path("state")).permissions() ==
                std::filesystem::perms::owner_all));
}

BOOST_AUTO_TEST_CASE(a_directory_that_holds_anything_else_is_left_as_it_is) {
    std::filesystem::create_directory(path("state"));
    std::filesystem::permissions(path("state"), std::filesystem::perms{0755});
    write_file(path("state/thesis.txt"), "years of work");
    auto result = ccd({"--config", write_config(places())});
    BOOST_TEST(result.status == "exit code 4");
    BOOST_TEST(says(result, "daemon.state_dir"), result.said);
    BOOST_TEST(
        (std::filesystem::status(path("state")).permissions() == std::filesystem::perms{0755}));
}

BOOST_AUTO_TEST_CASE(versions_and_usage_are_told_without_a_daemon) {
    BOOST_TEST(ccd({"--version"}).said == "ccd " CCD_VERSION "\n");
    auto help = ccd({"--help"});
    BOOST_TEST(help.status == "exit code 0");
    for (auto option : {"--config", "--set", "--user", "--check-config", "--version", "--help"})
        BOOST_TEST(says(help, option));
}

BOOST_AUTO_TEST_SUITE_END()

// A daemon whose configuration is changed while it runs.
struct Reloaded : Stage {
    void write(const std::string& jobs) {
        auto file = daemon().directory() + "/ccd.toml";
        if (original.empty()) original = read_file(file);
        auto text = original;
        auto at = text.find("[jobs]\n");
        BOOST_TEST_REQUIRE(at != std::string::npos);
        write_file(file, text.insert(at + 7, jobs));
    }

    void rewrite(const std::string& jobs) {
        write(jobs);
        send_signal(SIGHUP);
    }

    // Each ping is a turn of the loop that has to notice the signal.
    void ping_until_log_says(std::string_view text) {
        while (daemon().log().find(text) == std::string::npos) call<host::Ping>();
    }

    job::SubmitRequest held() {
        auto request = program({"/bin/true"});
        request.hold = true;
        return request;
    }

    std::string original;
};

BOOST_FIXTURE_TEST_SUITE(reloading, Reloaded, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_live_key_counts_from_the_reload_on_and_a_bad_file_changes_nothing) {
    submit(held());
    submit(held());
    rewrite("max_queued_per_user = 2\n");
    auto reply = ask<job::Submit>(held());
    while (reply) reply = ask<job::Submit>(held());
    BOOST_TEST((reply.error().code == Errc::over_limit));

    rewrite("max_queued_per_user = 1000000\nno_such_key = 1\n");
    ping_until_log_says("no_such_key");
    BOOST_TEST(daemon().log().find("left as it was") != std::string::npos);
    BOOST_TEST((refuse<job::Submit>(held()).code == Errc::over_limit));

    rewrite("max_queued_per_user = 1000000\n");
    while (!ask<job::Submit>(held())) {
    }
}

BOOST_AUTO_TEST_CASE(more_room_by_a_reload_starts_who_waits) {
    write("max_running = 1\n");
    restart();
    auto first = start(endless());
    auto second = submit(program({"/bin/true"}));
    BOOST_TEST(!call<job::Why>({.id = second}).blockers.empty());
    BOOST_TEST((status(second).state == job::State::queued));
    rewrite("max_running = 2\n");
    BOOST_TEST((wait(second).state == job::State::succeeded));
    BOOST_TEST((status(first).state == job::State::running));
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_change_is_told) {
    rewrite("executor = \"process\"\n");
    ping_until_log_says("left as it was");
    write_file(daemon().directory() + "/ccd.toml", original + "[storage]\nretry_attempts = 9\n");
    send_signal(SIGHUP);
    ping_until_log_says("storage.retry_attempts");
    BOOST_TEST(daemon().log().find("next start") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
