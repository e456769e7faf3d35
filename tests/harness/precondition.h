// For Boost.Test's preconditions: what a test needs that not every machine has. Boost tells of a
// skipped test only where it tells of every test; this says it always.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

namespace ccd::harness {

inline boost::test_tools::assertion_result met_or_told(boost::unit_test::test_unit_id unit,
                                                       bool is_met, const std::string& why_not) {
    boost::test_tools::assertion_result met{is_met};
    if (is_met) return met;
    const auto& tests = boost::unit_test::framework::get(unit, boost::unit_test::TUT_ANY);
    std::fprintf(stderr, "'%s' is skipped: %s\n", tests.full_name().c_str(), why_not.c_str());
    met.message() << why_not;
    return met;
}

}  // namespace ccd::harness
