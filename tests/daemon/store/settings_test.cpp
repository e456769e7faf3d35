#include "daemon/store/settings.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(the_last_value_of_each_name_is_kept) {
    TemporaryDirectory directory;
    {
        auto database = open_database(directory / "ccd.db");
        commit(*database, batch_of({SettingWrite{"draining", "no"}, SettingWrite{"epoch", "1"}}));
        commit(*database, batch_of({SettingWrite{"draining", "yes"}}));
    }
    auto database = open_database(directory / "ccd.db");
    const auto settings = snapshot_of(*database).settings;
    BOOST_TEST_REQUIRE(settings.size() == 2U);
    BOOST_TEST(settings[0].name == "draining");
    BOOST_TEST(settings[0].value == "yes");
    BOOST_TEST(settings[1].name == "epoch");
    BOOST_TEST(settings[1].value == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
