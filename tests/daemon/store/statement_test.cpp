#include "daemon/store/statement.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

namespace {

using namespace ccd;
using namespace ccd::store;

struct Fixture {
    Fixture() {
        BOOST_REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK);
        BOOST_REQUIRE(execute(connection, "create table t (n integer primary key)").has_value());
    }
    ~Fixture() { sqlite3_close(connection); }

    Statement prepare(std::string_view sql) {
        auto statement = Statement::prepare(connection, sql);
        BOOST_REQUIRE(statement.has_value());
        return std::move(*statement);
    }

    sqlite3* connection = nullptr;
};

BOOST_FIXTURE_TEST_SUITE(statement, Fixture)

BOOST_AUTO_TEST_CASE(a_use_resets_its_statement_when_it_goes) {
    Statement insert = prepare("insert into t (n) values (?1)");
    Statement select = prepare("select n from t order by n");
    for (int n = 1; n <= 3; ++n) {
        Statement::Run run = insert.run();
        BOOST_TEST_REQUIRE(run.bind(n).has_value());
        BOOST_TEST_REQUIRE(run.finish().has_value());
    }
    for (int use = 0; use < 2; ++use) {
        Statement::Run run = select.run();
        BOOST_TEST(run.step().value());
        int n = 0;
        BOOST_TEST_REQUIRE(run.read(n).has_value());
        BOOST_TEST(n == 1);
    }
    BOOST_TEST(execute(connection, "drop table t").has_value());
}

BOOST_AUTO_TEST_CASE(a_use_leaves_no_parameter_behind) {
    Statement echo = prepare("select ?1");
    {
        Statement::Run run = echo.run();
        BOOST_TEST_REQUIRE(run.bind(5).has_value());
    }
    Statement::Run run = echo.run();
    BOOST_TEST(run.step().value());
    std::optional<int> n = 1;
    BOOST_TEST_REQUIRE(run.read(n).has_value());
    BOOST_TEST(!n.has_value());
}

BOOST_AUTO_TEST_CASE(a_broken_rule_is_a_conflict_and_a_use_may_follow) {
    Statement insert = prepare("insert into t (n) values (?1)");
    for (const auto& [n, is_taken] : {std::pair{1, false}, {1, true}, {2, false}}) {
        Statement::Run run = insert.run();
        BOOST_TEST_REQUIRE(run.bind(n).has_value());
        auto done = run.finish();
        BOOST_TEST(done.has_value() == !is_taken);
        if (is_taken) BOOST_TEST((done.error().code == Errc::conflict));
    }
}

BOOST_AUTO_TEST_CASE(a_mistake_of_ours_is_internal) {
    auto wrong = Statement::prepare(connection, "select nothing from nowhere");
    BOOST_TEST_REQUIRE(!wrong.has_value());
    BOOST_TEST((wrong.error().code == Errc::internal));

    Statement echo = prepare("select ?1");
    Statement::Run run = echo.run();
    BOOST_TEST((run.bind(1, 2).error().code == Errc::internal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
