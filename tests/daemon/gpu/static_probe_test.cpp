#include "daemon/gpu/static_probe.h"

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using gpu::Device;
using gpu::StaticProbe;

BOOST_AUTO_TEST_SUITE(static_probe)

BOOST_AUTO_TEST_CASE(the_cards_of_the_configuration_are_there_in_its_order) {
    StaticProbe probe{
        {Device{.index = 9, .uuid = "GPU-b", .name = "big", .node = "/dev/card", .memory = 24_GiB},
         Device{.uuid = "GPU-a", .memory = 8_GiB}}};
    auto devices = probe.look().value();
    BOOST_TEST_REQUIRE(devices.size() == 2U);
    BOOST_TEST((
        devices[0] ==
        Device{.index = 0, .uuid = "GPU-b", .name = "big", .node = "/dev/card", .memory = 24_GiB}));
    BOOST_TEST((devices[1] == Device{.index = 1, .uuid = "GPU-a", .memory = 8_GiB}));
    BOOST_TEST(probe.name() == "static");
    BOOST_TEST(!probe.is_live());
}

BOOST_AUTO_TEST_CASE(nothing_is_measured) {
    StaticProbe probe{{Device{.uuid = "GPU-a",
                              .memory = 8_GiB,
                              .used = 1_GiB,
                              .utilization_percent = 5,
                              .processes = {{.pid = 1}}}}};
    auto device = probe.look().value().at(0);
    BOOST_TEST(!device.used.has_value());
    BOOST_TEST(!device.utilization_percent.has_value());
    BOOST_TEST(device.processes.empty());
}

BOOST_AUTO_TEST_CASE(an_empty_list_is_the_probe_none) {
    StaticProbe probe{{}};
    BOOST_TEST(probe.look().value().empty());
    BOOST_TEST(probe.name() == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
