#include "daemon/sys/service_manager.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/harness/temporary_directory.h"

namespace ccd::sys {
namespace {

struct Groups {
    harness::TemporaryDirectory folder =
        harness::TemporaryDirectory::create("/tmp", "ccd-groups").value();
};

BOOST_FIXTURE_TEST_SUITE(service_manager, Groups)

BOOST_AUTO_TEST_CASE(a_machine_that_can_limit_all_lacks_nothing) {
    std::ofstream(folder / "cgroup.controllers") << "cpuset cpu io memory hugetlb pids rdma\n";
    BOOST_TEST(limits_of_machine(folder.path()) == "");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_does_not_limit_is_said) {
    BOOST_TEST(limits_of_machine(folder.path()) == "; no limits on cpu, memory, io, pids");
    std::ofstream(folder / "cgroup.controllers") << "cpuset pids\n";
    BOOST_TEST(limits_of_machine(folder.path()) == "; no limits on cpu, memory, io");
}

BOOST_AUTO_TEST_CASE(an_older_layout_has_a_folder_for_each) {
    for (auto name : {"cpu", "memory", "blkio"}) std::filesystem::create_directory(folder / name);
    BOOST_TEST(limits_of_machine(folder.path()) == "; no limits on pids");
}

BOOST_AUTO_TEST_CASE(a_user_has_a_manager_where_its_socket_is) {
    BOOST_TEST(!has_user_manager(""));
    BOOST_TEST(!has_user_manager(folder.path()));
    std::filesystem::create_directory(folder / "systemd");
    std::ofstream(folder / "systemd/private") << "";
    BOOST_TEST(has_user_manager(folder.path()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::sys
