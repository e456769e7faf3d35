#include "daemon/store/value.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include "daemon/store/statement.h"
#include "tests/daemon/store/rows.h"

namespace {

using namespace ccd;
using namespace ccd::store;

struct Fixture {
    Fixture() { BOOST_REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK); }
    ~Fixture() { sqlite3_close(connection); }

    // What comes out as `Out` when this goes in.
    template <class Out, class In>
    Result<Out> through(const In& in) {
        Statement echo = CCD_TRY(Statement::prepare(connection, "select ?1"));
        Statement::Run run = echo.run();
        CCD_TRY(run.bind(in));
        CCD_TRY(run.step());
        Out out{};
        CCD_TRY(run.read(out));
        return out;
    }

    sqlite3* connection = nullptr;
};

using Strings = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(value, Fixture)

BOOST_AUTO_TEST_CASE(lists_of_strings_come_back_as_they_were) {
    for (const Strings& list : {Strings{}, {""}, {"", ""}, {"a"}, {"a", "", "b c"}}) {
        BOOST_TEST((through<Strings>(list).value() == list));
    }
}

BOOST_AUTO_TEST_CASE(bytes_come_back_whatever_they_are) {
    const std::string bytes{"\0\xff\0x", 4};
    BOOST_TEST(through<std::string>(BlobView{bytes}).value() == bytes);
    BOOST_TEST(through<std::string>(bytes).value() == bytes);
    BOOST_TEST(through<std::string>(std::string{}).value().empty());
}

BOOST_AUTO_TEST_CASE(the_ends_of_each_range_come_back) {
    for (const std::uint64_t number : {std::uint64_t{0}, ~std::uint64_t{0}}) {
        BOOST_TEST(through<std::uint64_t>(number).value() == number);
    }
    BOOST_TEST(through<std::uint32_t>(~std::uint32_t{0}).value() == ~std::uint32_t{0});
    BOOST_TEST((through<WallTime>(WallTime::min()).value() == WallTime::min()));
    BOOST_TEST((through<Millis>(Millis::max()).value() == Millis::max()));
}

BOOST_AUTO_TEST_CASE(an_absent_value_is_not_the_value_zero) {
    using Optional = std::optional<std::int32_t>;
    for (const Optional& number : {Optional{}, Optional{0}, Optional{-1}}) {
        BOOST_TEST((through<Optional>(number).value() == number));
    }
}

BOOST_AUTO_TEST_CASE(what_ccd_cannot_have_written_is_refused) {
    BOOST_TEST(!through<std::uint32_t>(std::int64_t{-1}).has_value());
    BOOST_TEST(!through<std::int32_t>(std::int64_t{1} << 31).has_value());
    BOOST_TEST(!through<bool>(2).has_value());
    BOOST_TEST(!through<job::State>(10).has_value());
    BOOST_TEST(!through<job::Class>(3).has_value());
    BOOST_TEST(!through<Ending>(-1).has_value());
    BOOST_TEST(!through<Strings>(BlobView{"not ended"}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
