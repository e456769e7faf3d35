#include "daemon/sys/directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
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
    unsigned mode(std::string_view name) const {
        return static_cast<unsigned>(fs::status(path(name)).permissions());
    }

    std::optional<harness::TemporaryDirectory> folder;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(directory)

BOOST_FIXTURE_TEST_CASE(a_directory_is_made_with_those_above_it, Place) {
    BOOST_TEST_REQUIRE(make_directory(path("a/b/c"), 0700).has_value());
    BOOST_TEST(fs::is_directory(path("a/b/c")));
    BOOST_TEST((fs::status(path("a/b/c")).permissions() == fs::perms::owner_all));
    BOOST_TEST(make_directory(path("a/b/c"), 0700).has_value());
}

BOOST_FIXTURE_TEST_CASE(what_is_no_directory_is_refused_by_its_name, Place) {
    std::ofstream{path("file")} << "x";
    for (const auto& wanted : {path("file"), path("file/inside")}) {
        auto made = make_directory(wanted, 0700);
        BOOST_TEST_REQUIRE(!made.has_value());
        BOOST_TEST(made.error().message.find("'" + wanted + "'") != std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(a_directory_has_its_mode_whatever_the_umask, Place) {
    auto before = umask(077);
    auto made = make_directory(path("open/deep"), 0755);
    umask(before);
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST(mode("open") == 0755U);
    BOOST_TEST(mode("open/deep") == 0755U);
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_is_there_keeps_its_mode, Place) {
    BOOST_TEST_REQUIRE(make_directory(path("mine"), 0750).has_value());
    BOOST_TEST_REQUIRE(make_directory(path("mine"), 0700).has_value());
    BOOST_TEST(mode("mine") == 0750U);
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_others_can_enter_is_closed_to_them, Place) {
    for (unsigned open : {0755U, 0710U, 0701U}) {
        BOOST_TEST_REQUIRE(chmod(folder->path().c_str(), open) == 0);
        BOOST_TEST(!is_private(folder->path()).value());
        BOOST_TEST(make_private(folder->path()).has_value());
        BOOST_TEST(is_private(folder->path()).value());
        BOOST_TEST(mode("") == 0700U);
    }
}

BOOST_FIXTURE_TEST_CASE(a_directory_of_somebody_else_is_refused_by_his_number, Place) {
    if (geteuid() != 0) return;  // only root can give it away
    BOOST_TEST_REQUIRE(chown(folder->path().c_str(), 4'711, 4'711) == 0);
    auto refused = make_private(folder->path());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("4711") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_is_not_there_cannot_be_private, Place) {
    BOOST_TEST(!is_private(path("nothing")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
