// What the daemon says of itself.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

using nlohmann::json;

struct OneCard : Stage {
    OneCard() : Stage({.cards = 1, .values = {}}) {}

    json json_of(const std::string& command, int code = 0) {
        auto ran = ctl({"--json", command});
        BOOST_TEST(ran.code == code);
        return json::parse(ran.out);
    }
};

void check_fields(const json& object, std::initializer_list<const char*> names) {
    for (const auto* name : names)
        BOOST_TEST(object.contains(name), "there is no '" << name << "' in " << object.dump());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(host_suite, OneCard, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(stats_count_what_has_happened) {
    run(program({"/bin/true"}));
    run(program({"/bin/false"}));
    start(endless());
    auto stats = json_of("stats");
    check_fields(stats, {"jobs", "requests", "gpus", "pools", "queues", "storage", "memory_bytes",
                         "uptime_s"});
    const auto& jobs = stats.at("jobs");
    check_fields(jobs, {"queued", "running", "succeeded", "failed", "submits_per_s", "wait_s"});
    BOOST_TEST(jobs.at("succeeded") == 1);
    BOOST_TEST(jobs.at("failed") == 1);
    BOOST_TEST(jobs.at("running") == 1);
    check_fields(jobs.at("wait_s"), {"p50", "p99"});
    const auto& requests = stats.at("requests");
    check_fields(requests, {"total", "errors", "latency_s", "connections"});
    check_fields(requests.at("latency_s"), {"p50", "p99"});
    BOOST_TEST(requests.at("total") > 5);
    BOOST_TEST(requests.at("errors") == 0);
    const auto& storage = stats.at("storage");
    check_fields(storage, {"state", "commits", "commit_s", "retries"});
    BOOST_TEST(storage.at("state") == "up");
    BOOST_TEST(storage.at("commits") > 0);
    BOOST_TEST(stats.at("memory_bytes") > 1'000'000);
}

BOOST_AUTO_TEST_CASE(counts_of_finished_jobs_are_kept_over_a_restart) {
    run(program({"/bin/true"}));
    run(program({"/bin/false"}));
    restart();
    auto stats = call<host::Stats>();
    BOOST_TEST(stats.jobs.succeeded == 1U);
    BOOST_TEST(stats.jobs.failed == 1U);
    BOOST_TEST(stats.jobs.queued == 0U);
}

BOOST_AUTO_TEST_CASE(a_refusal_counts_as_an_error) {
    refuse<job::Status>({.ids = {99}});
    refuse<job::Why>({.id = 99});
    BOOST_TEST(call<host::Stats>().requests.errors == 2U);
}

BOOST_AUTO_TEST_CASE(health_tells_of_every_part) {
    auto health = json_of("health");
    check_fields(health, {"status", "database", "executor", "gpu", "timestamp", "parts"});
    BOOST_TEST(health.at("status") == "healthy");
    BOOST_TEST(health.at("database") == "connected");
    BOOST_TEST(health.at("executor") == "process");
    BOOST_TEST(health.at("gpu") == "ok");
    BOOST_TEST(health.at("parts").size() >= 3U);
    for (const auto& part : health.at("parts")) check_fields(part, {"name", "status", "detail"});
    BOOST_TEST(call<host::Health>().status == "healthy");
}

BOOST_AUTO_TEST_CASE(cards_are_shown_with_their_slots) {
    auto gpus = json_of("gpus").at("gpus");
    BOOST_TEST_REQUIRE(gpus.size() == 1U);
    check_fields(gpus[0],
                 {"index", "uuid", "name", "memory_bytes", "declared_bytes", "measured_bytes",
                  "foreign_bytes", "utilization_percent", "slots", "jobs", "state"});
    BOOST_TEST(gpus[0].at("memory_bytes") == (24_GiB).count);
    BOOST_TEST(gpus[0].at("slots").at("training").at("max") == 1);
    BOOST_TEST(gpus[0].at("slots").at("inference").at("max") == 3);
}

BOOST_AUTO_TEST_CASE(versions_of_both_ends_are_told) {
    auto version = json_of("version");
    BOOST_TEST(version.at("version") == CCD_VERSION);
    BOOST_TEST(call<host::Version>().version == CCD_VERSION);
    BOOST_TEST(ctl({"version"}).out.find("ccd " CCD_VERSION) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(why_as_json_has_its_fields) {
    auto request = program({"/bin/true"});
    request.hold = true;
    auto ran = ctl({"--json", "why", std::to_string(submit(request))});
    auto why = json::parse(ran.out);
    check_fields(why, {"id", "state", "reason", "blockers", "position", "estimate_s"});
    BOOST_TEST(why.at("blockers").size() == 1U);
    check_fields(why.at("blockers")[0], {"kind", "message"});
}

BOOST_AUTO_TEST_CASE(events_as_json_are_one_object_a_line) {
    auto job = submit(program({"/bin/true"}));
    Ctl events{line({"--json", "events", "--since", "0", "--job", std::to_string(job)})};
    auto text = events.hear("\"succeeded\"");
    std::size_t seen = 0;
    for (std::size_t at = 0; text.find('\n', at) != std::string::npos; ++seen) {
        auto end = text.find('\n', at);
        auto event = json::parse(text.substr(at, end - at));
        check_fields(event, {"seq", "time", "job", "from", "to", "attempt", "reason"});
        BOOST_TEST(event.at("seq") == seen + 1);
        at = end + 1;
    }
    BOOST_TEST(seen >= 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
