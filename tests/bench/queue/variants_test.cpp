#include "tests/bench/queue/variants.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::bench::queue {
namespace {

const Variant& variant(std::string_view name) {
    return *std::ranges::find(variants, name, &Variant::name);
}

bool has_peer(std::string_view name, std::string_view peer) {
    return std::ranges::find(variant(name).peers, peer) != variant(name).peers.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(queue_variants)

BOOST_AUTO_TEST_CASE(every_group_passes_every_size_copied_and_in_place) {
    BOOST_TEST(variants.size() == 34U);
    for (std::string group : {"1p1c", "2p2c", "4p4c", "10p10c"})
        for (std::string size : {"64", "1k", "64k", "1m"})
            for (std::string passing : {"", "-inplace"})
                BOOST_TEST(std::ranges::count(variants, group + "-" + size + passing,
                                              &Variant::name) == 1);
}

BOOST_AUTO_TEST_CASE(a_pipe_has_several_readers_only_for_what_is_written_at_once) {
    for (auto name : {"1p1c-64", "1p1c-1m", "10p10c-1k"}) BOOST_TEST(has_peer(name, "pipe"));
    for (auto name : {"2p2c-64k", "10p10c-1m"}) BOOST_TEST(!has_peer(name, "pipe"));
}

BOOST_AUTO_TEST_CASE(in_place_there_are_only_peers_that_copy_nothing_and_the_bound) {
    for (const auto& row : variants)
        if (row.name.ends_with("-inplace"))
            for (auto peer : row.peers) BOOST_TEST((peer == "vyukov" || peer == "memcpy"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench::queue
