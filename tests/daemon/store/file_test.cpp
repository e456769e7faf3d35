#include "daemon/store/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

struct Fixture {
    TemporaryDirectory directory;
    const std::string path = directory / "ccd.db";
    const std::string log = path + "-wal";

    // Opening is refused for this reason, and the file stays as it is.
    void check_refused(const std::string& reason) {
        const std::string before = read_file(path);
        auto database = Database::open({.path = path});
        BOOST_TEST_REQUIRE(!database.has_value());
        BOOST_TEST((database.error().code == Errc::storage_unavailable));
        BOOST_TEST(database.error().message.find(path) != std::string::npos);
        BOOST_TEST(database.error().message.find(reason) != std::string::npos,
                   database.error().message);
        BOOST_TEST((read_file(path) == before));
    }
};

BOOST_FIXTURE_TEST_SUITE(file, Fixture)

BOOST_AUTO_TEST_CASE(an_empty_file_becomes_a_database) {
    write_file(path, "");
    auto database = open_database(path);
    BOOST_TEST(unfinished_of(*database).empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_left_alone) {
    write_file(path, std::string(8192, 'x'));
    check_refused("is not a database");
}

BOOST_AUTO_TEST_CASE(a_database_whose_header_is_damaged_is_left_alone) {
    open_database(path).reset();
    std::string bytes = read_file(path);
    bytes[3] = 'x';
    write_file(path, bytes);
    check_refused("its first page is damaged");
}

BOOST_AUTO_TEST_CASE(a_database_that_is_cut_off_is_left_alone) {
    open_database(path).reset();
    write_file(path, read_file(path).substr(0, 99));
    check_refused("its first page is damaged");
}

BOOST_AUTO_TEST_CASE(a_link_is_not_followed) {
    open_database(directory / "other.db").reset();
    std::filesystem::create_symlink(directory / "other.db", path);
    check_refused("cannot be opened");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_refused_without_waiting_for_its_other_end) {
    BOOST_TEST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    auto database = Database::open({.path = path});
    BOOST_TEST_REQUIRE(!database.has_value());
    BOOST_TEST(database.error().message.find("not a regular file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_log_without_its_database_is_left_alone) {
    write_file(log, "what was not yet copied");
    check_refused("is missing or empty");
    BOOST_TEST(read_file(log) == "what was not yet copied");
    write_file(path, "");
    check_refused("is missing or empty");
    BOOST_TEST(read_file(log) == "what was not yet copied");
}

BOOST_AUTO_TEST_CASE(a_renewed_log_is_byte_for_byte_the_same) {
    std::string bytes(3'500'000, 'a');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
    write_file(log, bytes);
    BOOST_TEST_REQUIRE(renew_log(path).has_value());
    BOOST_TEST((read_file(log) == bytes));
}

BOOST_AUTO_TEST_CASE(no_log_needs_no_renewal) {
    BOOST_TEST(renew_log(path).has_value());
    BOOST_TEST(!std::filesystem::exists(log));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
