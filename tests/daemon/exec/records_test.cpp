#include "daemon/exec/records.h"

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(records, Bench)

BOOST_AUTO_TEST_CASE(names_tell_the_attempt) {
    Attempt attempt{.job = 42, .number = 3, .nonce = "ab-c_9"};
    for (const char* ending : {"ticket", "record"}) {
        auto parsed = parse_record_name("42.3.ab-c_9." + std::string(ending));
        BOOST_REQUIRE(parsed.has_value());
        BOOST_TEST((*parsed == attempt));
    }
}

BOOST_AUTO_TEST_CASE(foreign_names_tell_nothing) {
    for (const char* name :
         {"", ".", "..", "42", "42.1", "42.1.n", "42.1.n.", "42.1.n.records", "x.1.n.record",
          "42.x.n.record", "42.1..record", "42.1.a b.record", "42.1.n.record.x", "-1.1.n.record",
          "42.99999999999.n.record", "99999999999999999999.1.n.record", "42. 1.n.record"})
        BOOST_TEST(!parse_record_name(name).has_value(), "'" << name << "'");
}

BOOST_AUTO_TEST_CASE(a_ticket_is_withdrawn_once) {
    Records folder = Bench::records();
    Attempt attempt = shell("true").attempt;
    BOOST_TEST(!folder.withdraw_ticket(attempt));
    BOOST_REQUIRE(folder.issue_ticket(attempt).has_value());
    BOOST_TEST(!folder.issue_ticket(attempt).has_value());
    BOOST_TEST(folder.withdraw_ticket(attempt));
    BOOST_TEST(!folder.withdraw_ticket(attempt));
}

BOOST_AUTO_TEST_CASE(the_list_has_each_attempt_once_and_nothing_foreign) {
    Records folder = Bench::records();
    Attempt attempt = shell("true").attempt;
    BOOST_REQUIRE(folder.issue_ticket(attempt).has_value());
    std::string label = label_of(attempt);
    write_file(folder.folder() + "/" + label + "." + attempt.nonce + ".record", "");
    write_file(folder.folder() + "/notes", "");
    auto list = folder.list();
    BOOST_REQUIRE(list.has_value());
    BOOST_TEST((*list == std::vector{attempt}));
}

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_the_ticket_and_leaves_no_half_of_it) {
    Records folder("/dev/full");
    BOOST_TEST(!folder.issue_ticket(shell("true").attempt).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
