#include "tests/stress/gate.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::stress {
namespace {

struct Place {
    Result<harness::TemporaryDirectory> directory =
        harness::TemporaryDirectory::create(harness::scratch_directory(), "gate");
    std::string path = directory ? *directory / "gate" : "";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gate, Place)

BOOST_AUTO_TEST_CASE(who_comes_to_a_closed_gate_passes_when_it_is_opened) {
    auto gate = Gate::close(path);
    BOOST_TEST_REQUIRE(gate.has_value());
    std::atomic<bool> is_open{false}, was_open{false}, has_passed{false};
    std::jthread visitor{[&] {
        has_passed = pass_gate(path);
        was_open = is_open.load();
    }};
    is_open = true;
    gate->open();
    visitor.join();
    BOOST_TEST(has_passed);
    BOOST_TEST(was_open);
    BOOST_TEST(pass_gate(path));
}

BOOST_AUTO_TEST_CASE(where_there_is_no_gate_nobody_passes) {
    BOOST_TEST(!pass_gate(path));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::stress
