#include "daemon/exec/property.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

namespace ccd::exec {
namespace {

constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();

Property taken(std::string_view text) {
    auto property = parse_property(text);
    BOOST_TEST_REQUIRE(property.has_value(), text << " is refused");
    return *property;
}

std::string refused(std::string_view text, Errc code) {
    auto property = parse_property(text);
    BOOST_TEST_REQUIRE(!property.has_value(), text << " is taken");
    BOOST_TEST((property.error().code == code));
    return property.error().message;
}

// Those that the refusal of any other names.
std::set<std::string> allowed() {
    auto message = refused("User=root", Errc::denied);
    std::istringstream list{message.substr(message.rfind(": ") + 2)};
    std::set<std::string> names;
    for (std::string name; list >> name;) names.insert(name.substr(0, name.find(',')));
    return names;
}

// Those above the tabs of a section, as in "*CPUWeight*, *IOWeight*".
std::set<std::string> listed(const std::filesystem::path& page, std::string_view section) {
    std::ifstream file{page};
    BOOST_TEST_REQUIRE(file.is_open());
    std::set<std::string> names;
    std::string before;
    bool is_there = false;
    for (std::string line; std::getline(file, line); before = line) {
        if (line.starts_with("# ")) is_there = line == section;
        if (!is_there || !line.starts_with('\t')) continue;
        std::istringstream terms{before};
        for (std::string term; terms >> term;) names.insert(term.substr(1, term.rfind('*') - 1));
    }
    return names;
}

BOOST_AUTO_TEST_SUITE(property)

BOOST_AUTO_TEST_CASE(each_kind_of_value_is_taken_as_the_manager_wants_it) {
    BOOST_TEST((taken("CPUWeight=50") == Property{"CPUWeight", std::uint64_t{50}}));
    BOOST_TEST((taken("TasksMax=64") == Property{"TasksMax", std::uint64_t{64}}));
    BOOST_TEST((taken("LimitCORE=infinity") == Property{"LimitCORE", infinity}));
    BOOST_TEST((taken("MemoryHigh=512M") == Property{"MemoryHigh", std::uint64_t{512} << 20}));
    BOOST_TEST((taken("LimitCORE=0") == Property{"LimitCORE", std::uint64_t{0}}));
    BOOST_TEST((taken("Nice=19") == Property{"Nice", std::int32_t{19}}));
    BOOST_TEST((taken("PrivateTmp=yes") == Property{"PrivateTmp", true}));
    BOOST_TEST((taken("NoNewPrivileges=no") == Property{"NoNewPrivileges", false}));
}

BOOST_AUTO_TEST_CASE(a_share_of_a_core_becomes_time_in_a_second) {
    BOOST_TEST(
        (taken("CPUQuota=150%") == Property{"CPUQuotaPerSecUSec", std::uint64_t{1'500'000}}));
}

BOOST_AUTO_TEST_CASE(a_word_becomes_the_number_of_the_kernel) {
    BOOST_TEST(
        (taken("CPUSchedulingPolicy=idle") == Property{"CPUSchedulingPolicy", std::int32_t{5}}));
    BOOST_TEST(
        (taken("IOSchedulingClass=best-effort") == Property{"IOSchedulingClass", std::int32_t{2}}));
}

BOOST_AUTO_TEST_CASE(what_gives_more_than_the_job_has_is_not_in_the_table) {
    for (std::string_view text :
         {"User=root", "Group=disk", "AmbientCapabilities=CAP_SYS_ADMIN", "DeviceAllow=/dev/sda rw",
          "ExecStartPre=/bin/true", "Environment=A=B", "BindPaths=/", "Slice=system.slice",
          "KillMode=none", "Delegate=yes", "RootDirectory=/", "PAMName=login", "LimitNPROC=1",
          "cpuweight=5", "=5"})
        BOOST_TEST(refused(text, Errc::denied).find("allowed: CPUWeight") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_allowed_is_told_what_is) {
    BOOST_TEST(refused("Nice=-5", Errc::bad_request) ==
               "property Nice cannot be '-5'; allowed: a number from 0 to 19");
    BOOST_TEST(refused("CPUQuota=1.5", Errc::bad_request) ==
               "property CPUQuota cannot be '1.5'; allowed: percent of one core, such as 150%");
    BOOST_TEST(refused("PrivateTmp=1", Errc::bad_request) ==
               "property PrivateTmp cannot be '1'; allowed: yes or no");
    BOOST_TEST(refused("CPUSchedulingPolicy=fifo", Errc::bad_request) ==
               "property CPUSchedulingPolicy cannot be 'fifo'; allowed: other, batch, idle");
    for (std::string_view text :
         {"Nice=", "Nice=20", "Nice=infinity", "CPUWeight=0", "CPUWeight=101", "CPUWeight=infinity",
          "IOWeight=200", "TasksMax=infinity", "TasksMax=0", "MemoryHigh=1K",
          "MemoryHigh=99999999999999T", "TasksMax=many", "CPUQuota=0%", "CPUQuota=%",
          "LimitCORE=M"})
        refused(text, Errc::bad_request);
}

BOOST_AUTO_TEST_CASE(a_job_gets_no_more_cores_by_a_property_than_it_has_asked_for) {
    BOOST_TEST(check_property("CPUQuota=200%", 2).has_value());
    BOOST_TEST(check_property("CPUQuota=900%", 0).has_value());
    BOOST_TEST(check_property("Nice=5", 1).has_value());
    BOOST_TEST(check_property("CPUQuota=201%", 2).error().message ==
               "property CPUQuota cannot be more than --cpus allows, 200%");
}

BOOST_AUTO_TEST_CASE(the_man_page_lists_each_that_is_allowed_and_no_other) {
    auto page = std::filesystem::path{SOURCE_DIR} / "daemon" / "ccd.8.scd";
    BOOST_TEST(listed(page, "# PROPERTIES OF JOBS") == allowed(), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_no_setting_is_told_so) {
    BOOST_TEST(refused("Nice", Errc::bad_request) == "property 'Nice' is not NAME=VALUE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
