#include "daemon/store/environments.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

const std::string body{"A=1\0SECRET=hunter2-hunter2-hunter2\0", 35};

struct Fixture {
    Fixture() {
        JobRow job = small_job(1);
        job.environment = 5;
        commit(*database, batch_of({EnvironmentRow{5, body}, EnvironmentRow{6, "B=2"}, job}));
    }

    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    std::unique_ptr<Database> database = open_database(path);
};

BOOST_FIXTURE_TEST_SUITE(environments, Fixture)

BOOST_AUTO_TEST_CASE(they_come_back_with_all_their_bytes_and_their_jobs) {
    const auto snapshot = snapshot_of(*database);
    BOOST_TEST_REQUIRE(snapshot.environments.size() == 2U);
    BOOST_TEST((snapshot.environments[0] == EnvironmentRow{5, body}));
    BOOST_TEST((snapshot.environments[1] == EnvironmentRow{6, "B=2"}));
    BOOST_TEST(unfinished_of(*database).at(0).environment == 5U);
}

BOOST_AUTO_TEST_CASE(an_erased_one_is_gone_for_its_jobs_too) {
    commit(*database, batch_of({EnvironmentErase{5}}));
    const auto snapshot = snapshot_of(*database);
    BOOST_TEST(snapshot.environments.size() == 1U);
    BOOST_TEST(unfinished_of(*database).at(0).environment == 0U);
}

BOOST_AUTO_TEST_CASE(the_number_of_an_erased_one_stays_taken) {
    commit(*database, batch_of({EnvironmentErase{6}}));
    database.reset();
    database = open_database(path);
    BOOST_TEST(snapshot_of(*database).last_environment == 6U);
}

BOOST_AUTO_TEST_CASE(an_erased_one_leaves_no_byte_in_the_file) {
    commit(*database, batch_of({EnvironmentErase{5}}));
    database.reset();
    BOOST_TEST(read_file(path).find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_number_is_given_once) {
    const Batch again = batch_of({EnvironmentRow{6, "C=3"}});
    auto saved = database->commit({&again, 1});
    BOOST_TEST_REQUIRE(!saved.has_value());
    BOOST_TEST((saved.error().code == Errc::conflict));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
