#include "daemon/sys/machine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::sys {
namespace {

namespace fs = std::filesystem;

struct Place {
    Place() {
        auto made = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-sys");
        BOOST_TEST_REQUIRE(made.has_value());
        folder.emplace(std::move(*made));
    }

    std::string path(std::string_view name) const { return *folder / name; }

    std::optional<harness::TemporaryDirectory> folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine)

BOOST_AUTO_TEST_CASE(a_boot_has_one_name) {
    auto first = boot_id();
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->size() > 33U);
    BOOST_TEST(first->size() <= 43U);
    BOOST_TEST(*boot_id() == *first);
}

BOOST_AUTO_TEST_CASE(a_boot_is_told_apart_by_when_the_first_process_began) {
    BOOST_TEST(start_of_first_process("1 (a ) b) S 0 1 1 0 -1 4194560 9 8 7 6 5 4 3 2 20 0 1 0 255 "
                                      "1000 99") == "ff");
    BOOST_TEST(start_of_first_process("1 (init) S 0 1").empty());
    BOOST_TEST(start_of_first_process("").empty());
}

BOOST_AUTO_TEST_CASE(there_are_cores_and_memory_and_this_process_has_some_of_it) {
    BOOST_TEST(core_count() >= 1U);
    BOOST_TEST(core_count() <= static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_CONF)));
    BOOST_TEST(resident_memory().count > 100'000U);
    BOOST_TEST(resident_memory().count < total_memory().count);
}

BOOST_FIXTURE_TEST_CASE(an_instance_keeps_its_name, Place) {
    auto first = instance_name(folder->path());
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->size() == 8U);
    BOOST_TEST(*instance_name(folder->path()) == *first);
    Place other;
    BOOST_TEST(*instance_name(other.folder->path()) != *first);
}

BOOST_FIXTURE_TEST_CASE(a_name_that_cannot_be_read_is_not_made_anew, Place) {
    fs::create_directory(path("instance"));
    BOOST_TEST(!instance_name(folder->path()).has_value());
    BOOST_TEST(fs::is_directory(path("instance")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
