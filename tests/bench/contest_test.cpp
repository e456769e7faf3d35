#include "tests/bench/contest.h"

#include <boost/test/unit_test.hpp>

namespace ccd::bench {
namespace {

// Plays runs that are known beforehand, and notes its turns.
class Script : public Contestant {
public:
    Script(char name, std::vector<Result<Measurement>> runs, std::string& turns)
        : name_(name), runs_(std::move(runs)), turns_(turns) {}

    Result<Measurement> run() override {
        turns_ += name_;
        return runs_.at(next_++);
    }

private:
    char name_;
    std::vector<Result<Measurement>> runs_;
    std::size_t next_ = 0;
    std::string& turns_;
};

Measurement rate(double rate) {
    return {.rate = rate};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contest)

BOOST_AUTO_TEST_CASE(each_figure_has_a_median_of_its_own) {
    auto middle = medians({{.rate = 1, .p50 = 9, .p99 = 30, .value = {}},
                           {.rate = 3, .p50 = 7, .p99 = 10, .value = {}},
                           {.rate = 2, .p50 = 8, .p99 = 20, .value = {}}});
    BOOST_TEST((middle == Measurement{.rate = 2, .p50 = 8, .p99 = 20, .value = {}}));
}

BOOST_AUTO_TEST_CASE(contestants_run_by_turns) {
    std::string turns;
    std::vector<std::unique_ptr<Contestant>> contestants;
    contestants.push_back(std::make_unique<Script>(
        'a', std::vector<Result<Measurement>>{rate(1), rate(5), rate(3)}, turns));
    contestants.push_back(std::make_unique<Script>(
        'b', std::vector<Result<Measurement>>{rate(20), rate(10), rate(30)}, turns));
    auto results = compete(contestants, 3);
    BOOST_TEST(turns == "ababab");
    BOOST_TEST((results[0].value() == rate(3)));
    BOOST_TEST((results[1].value() == rate(20)));
}

BOOST_AUTO_TEST_CASE(one_that_fails_is_out_and_the_others_go_on) {
    std::string turns;
    std::vector<std::unique_ptr<Contestant>> contestants;
    contestants.push_back(std::make_unique<Script>(
        'a', std::vector<Result<Measurement>>{rate(1), failure(Errc::timeout, "gone")}, turns));
    contestants.push_back(std::make_unique<Script>(
        'b', std::vector<Result<Measurement>>{rate(1), rate(2), rate(3)}, turns));
    auto results = compete(contestants, 3);
    BOOST_TEST(turns == "ababb");
    BOOST_TEST((results[0].error().code == Errc::timeout));
    BOOST_TEST((results[1].value() == rate(2)));
}

BOOST_AUTO_TEST_CASE(a_run_with_refusals_is_no_measurement) {
    harness::Outcome outcome;
    outcome.answered = 10;
    outcome.elapsed = harness::Nanos{2'000'000'000};
    outcome.latency.record(harness::Nanos{1000}, 10);
    auto good = measurement_of(Result<harness::Outcome>{outcome});
    BOOST_TEST_REQUIRE(good.has_value());
    BOOST_TEST(*good->rate == 5.0);
    outcome.refused = 1;
    BOOST_TEST(!measurement_of(Result<harness::Outcome>{outcome}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
