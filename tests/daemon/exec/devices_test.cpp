#include "daemon/exec/devices.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

constexpr std::string_view devices =
    "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n 10 misc\n195 nvidia-frontend\n"
    "226 drm\n240 stand-in\n508 nvidia-uvm\n\nBlock devices:\n  7 loop\n240 stand-in\n259 blkext\n";

BOOST_AUTO_TEST_SUITE(devices_of_a_job)

BOOST_AUTO_TEST_CASE(every_group_is_allowed_but_those_of_cards) {
    std::vector<std::string> expected{"char-mem",    "char-/dev/tty", "char-/dev/console",
                                      "char-misc",   "block-loop",    "block-stand-in",
                                      "block-blkext"};
    BOOST_TEST((groups_without_cards(devices, {240}) == expected));
}

BOOST_AUTO_TEST_CASE(a_text_of_another_shape_allows_nothing) {
    BOOST_TEST(groups_without_cards("", {}).empty());
    BOOST_TEST(groups_without_cards("no numbers here\n  x y\n12\n", {}).empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_closed_where_there_can_be_no_cards) {
    BOOST_TEST(allowed_devices({}, "Character devices:\n  1 mem\n226 drm\n").empty());
}

BOOST_AUTO_TEST_CASE(cards_that_nobody_has_told_of_are_closed) {
    auto allowed = allowed_devices({}, devices);
    BOOST_TEST((std::ranges::count(allowed, std::string{"char-mem"}, &AllowedDevice::name) == 1));
    for (const auto& device : allowed)
        BOOST_TEST(device.name.find("nvidia") == std::string::npos, device.name);
}

BOOST_AUTO_TEST_CASE(nothing_is_closed_to_a_job_with_a_card_whose_node_nobody_knows) {
    BOOST_TEST(allowed_devices({.has_nodeless_card = true}, devices).empty());
}

BOOST_AUTO_TEST_CASE(a_job_has_its_own_cards_and_no_other) {
    auto allowed = allowed_devices(
        {.card_nodes = {"/dev/zero"}, .all_card_nodes = {"/dev/zero", "/dev/full"}});
    BOOST_TEST((std::ranges::count(allowed, AllowedDevice{"/dev/zero", "rw"}) == 1));
    BOOST_TEST((std::ranges::count(allowed, std::string{"/dev/full"}, &AllowedDevice::name) == 0));
    // The group that both stand-ins belong to.
    BOOST_TEST((std::ranges::count(allowed, std::string{"char-mem"}, &AllowedDevice::name) == 0));
    BOOST_TEST((std::ranges::count(allowed, std::string{"char-misc"}, &AllowedDevice::name) == 1));
}

BOOST_AUTO_TEST_CASE(a_job_without_cards_can_open_none) {
    for (const auto& device : allowed_devices({.all_card_nodes = {"/dev/zero"}}))
        BOOST_TEST(device.name.find('/') != 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
