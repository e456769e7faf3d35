#include "daemon/gpu/owner.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/daemon/gpu/proc.h"

namespace {

using namespace ccd;
using gpu::Owner;

const std::string unit = "ccd-job-5f3a9c1e-42-1.service";

struct Fixture {
    gpu::Proc proc;

    Owner owner(std::int64_t pid) {
        auto found = gpu::find_owner(pid, proc.path());
        BOOST_TEST_REQUIRE(found.has_value());
        return *found;
    }
    std::vector<std::string> units_in(const std::string& cgroup) {
        proc.add({.pid = 9, .cgroup = cgroup});
        return owner(9).units;
    }
};

BOOST_FIXTURE_TEST_SUITE(owner, Fixture)

BOOST_AUTO_TEST_CASE(a_process_has_a_user_a_unit_and_ancestors) {
    proc.add({.pid = 1, .parent = 0});
    proc.add({.pid = 40, .parent = 1});
    proc.add({.pid = 41, .parent = 40});
    proc.add(
        {.pid = 42, .parent = 41, .uid = 1001, .cgroup = "0::/ccd.slice/ccd-jobs.slice/" + unit});
    BOOST_TEST((owner(42) == Owner{.uid = 1001, .units = {unit}, .ancestors = {41, 40, 1}}));
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_there_has_no_owner) {
    BOOST_TEST(!gpu::find_owner(42, proc.path()).has_value());
    BOOST_TEST(!gpu::find_owner(42, "/nonexistent").has_value());
    proc.add({.pid = 42});
    proc.end(42);
    BOOST_TEST(!gpu::find_owner(42, proc.path()).has_value());
}

BOOST_AUTO_TEST_CASE(one_that_ends_while_it_is_looked_at_has_none_either) {
    for (const auto* file : {"stat", "status"}) {
        proc.add({.pid = 42});
        proc.remove(42, file);
        BOOST_TEST(!gpu::find_owner(42, proc.path()).has_value());
    }
    proc.add({.pid = 42});
    proc.remove(42, "cgroup");
    BOOST_TEST(owner(42).units.empty());
}

BOOST_AUTO_TEST_CASE(the_managers_hierarchy_counts_where_there_are_several) {
    BOOST_TEST((units_in("12:memory:/system.slice/other.service\n"
                         "1:name=systemd:/ccd-jobs.slice/" +
                         unit + "\n0::/elsewhere.scope") == std::vector{unit}));
    BOOST_TEST((units_in("3:cpu,cpuacct:/\n0::/ccd-jobs.slice/" + unit) == std::vector{unit}));
    BOOST_TEST(units_in("3:cpu:/a.service\n2:memory:/a.service").empty());
    BOOST_TEST(units_in("").empty());
}

BOOST_AUTO_TEST_CASE(all_units_on_the_way_are_told_the_outermost_first) {
    BOOST_TEST((units_in("0::/user.slice/user-1000.slice/user@1000.service/ccd-jobs.slice/" + unit +
                         "/workers/inner.scope") ==
                std::vector<std::string>{"user@1000.service", unit, "inner.scope"}));
    BOOST_TEST(units_in("0::/user.slice/user-1000.slice").empty());
    // Seen from within another namespace.
    BOOST_TEST((units_in("0::/../../" + unit) == std::vector{unit}));
}

BOOST_AUTO_TEST_CASE(a_name_may_hold_what_ends_it) {
    proc.add({.pid = 42, .parent = 40, .name = "a) S 7 (b"});
    BOOST_TEST(owner(42).ancestors.at(0) == 40);
}

BOOST_AUTO_TEST_CASE(the_ancestors_end_where_one_is_gone) {
    proc.add({.pid = 42, .parent = 41});
    BOOST_TEST((owner(42).ancestors == std::vector<std::int64_t>{41}));
}

// Numbers are given anew while the list is read.
BOOST_AUTO_TEST_CASE(a_circle_of_ancestors_has_an_end) {
    proc.add({.pid = 41, .parent = 42});
    proc.add({.pid = 42, .parent = 41});
    BOOST_TEST(owner(42).ancestors.size() == 64U);
}

BOOST_AUTO_TEST_CASE(the_kernels_own_files_are_understood) {
    auto self = gpu::find_owner(getpid());
    BOOST_TEST_REQUIRE(self.has_value());
    BOOST_TEST(self->uid == geteuid());
    BOOST_TEST(self->ancestors.at(0) == getppid());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
