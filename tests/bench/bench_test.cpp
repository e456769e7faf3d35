#include "tests/bench/bench.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>

#include "tests/harness/filesystem.h"
#include "tests/harness/precondition.h"

namespace ccd::bench {
namespace {

constexpr std::array<std::string_view, 3> peers{"redis", "tsp", "slurm"};

class Steady : public Contestant {
public:
    explicit Steady(double rate, std::optional<std::string> remark = {})
        : rate_(rate), remark_(std::move(remark)) {}
    std::optional<std::string> remark() const override { return remark_; }
    Result<Measurement> run() override {
        if (rate_ == 0) return failure(Errc::unreachable, "it fell over");
        return Measurement{.rate = rate_};
    }

private:
    double rate_;
    std::optional<std::string> remark_;
};

// Of the peers, redis is slower, tsp falls over, and slurm is not installed.
Result<std::unique_ptr<Contestant>> make_some(const Variant&, std::string_view who,
                                              const Setting&) {
    if (who == "slurm") return failure(Errc::not_found, "not installed");
    return std::make_unique<Steady>(who == ourselves ? 30.0 : who == "redis" ? 20.0 : 0.0);
}

Result<std::unique_ptr<Contestant>> make_talkative(const Variant&, std::string_view who,
                                                   const Setting&) {
    return std::make_unique<Steady>(1.0, std::string{who} + " has a remark");
}

Result<std::unique_ptr<Contestant>> make_none(const Variant&, std::string_view, const Setting&) {
    return failure(Errc::not_found, "no ccd");
}

struct Notes {
    std::vector<std::string> notes;
    Note note = [this](const std::string& text) { notes.push_back(text); };
};

Variant variant(Maker make) {
    return {.case_name = "rpc", .name = "ping", .peers = peers, .make = make};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bench, Notes)

BOOST_AUTO_TEST_CASE(each_peer_has_a_line_whether_it_is_there_or_not) {
    auto lines = measure(variant(&make_some), {}, note);
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST_REQUIRE(lines->size() == 3U);
    BOOST_TEST(lines->at(0).ratio().value() == 1.5);
    for (std::size_t i : {1U, 2U}) {
        BOOST_TEST(*lines->at(i).peer == peers[i]);
        BOOST_TEST(*lines->at(i).ours->rate == 30.0);
        BOOST_TEST(!lines->at(i).ratio().has_value());
    }
    std::vector<std::string> told{"slurm: not installed", "tsp: it fell over"};
    BOOST_TEST(notes == told, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_wanted_peers_take_part) {
    auto lines = measure(variant(&make_some), {.against = {"redis"}}, note);
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST(lines->size() == 1U);
    BOOST_TEST(notes.empty());
}

BOOST_AUTO_TEST_CASE(with_no_wanted_peer_ours_is_measured_alone) {
    auto lines = measure(variant(&make_some), {.against = {"beanstalkd"}}, note);
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST_REQUIRE(lines->size() == 1U);
    BOOST_TEST(!lines->at(0).peer.has_value());
    BOOST_TEST(*lines->at(0).ours->rate == 30.0);
}

BOOST_AUTO_TEST_CASE(what_a_contestant_remarks_is_told) {
    BOOST_TEST(measure(variant(&make_talkative), {.against = {"redis"}}, note).has_value());
    std::vector<std::string> told{"ccd has a remark", "redis has a remark"};
    BOOST_TEST(notes == told, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_ours_there_is_nothing_to_tell) {
    auto refused = measure(variant(&make_none), {}, note);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message == "no ccd");
}

BOOST_AUTO_TEST_CASE(a_variant_that_is_not_measured_here_has_lines_without_figures) {
    auto unmade = variant(nullptr);
    unmade.note = "needs another machine";
    auto lines = measure(unmade, {}, note);
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST(lines->size() == 3U);
    BOOST_TEST(!lines->at(0).ours.has_value());
    BOOST_TEST(notes.at(0) == "needs another machine");
}

boost::test_tools::assertion_result has_memory(boost::unit_test::test_unit_id unit) {
    return harness::met_or_told(unit, harness::medium_of("/dev/shm") == harness::Medium::memory,
                                "'/dev/shm' is not in memory here");
}

BOOST_AUTO_TEST_CASE(a_durable_variant_is_not_measured_in_memory,
                     *boost::unit_test::precondition(has_memory)) {
    ::setenv("CCD_BENCH_DIR", "/dev/shm", 1);
    auto durable = variant(&make_some);
    durable.is_durable = true;
    auto lines = measure(durable, {}, note);
    ::unsetenv("CCD_BENCH_DIR");
    BOOST_TEST_REQUIRE(lines.has_value());
    BOOST_TEST(
        std::ranges::none_of(*lines, [](const Line& line) { return line.ours.has_value(); }));
    BOOST_TEST(notes.at(0).find("'/dev/shm' is in memory") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
