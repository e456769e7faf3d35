#include "daemon/entry.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

namespace ccd::daemon {
namespace {

std::string field(const Entry& entry, std::string_view name) {
    auto found = std::ranges::find(entry.fields, name, &sys::Field::name);
    return found == entry.fields.end() ? "-" : found->value;
}

service::Note note(std::optional<job::State> from, job::State to) {
    return {.event = {.job = 42, .from = from, .to = to, .attempt = 2}, .uid = 1001};
}

BOOST_AUTO_TEST_SUITE(entry)

BOOST_AUTO_TEST_CASE(an_entry_is_a_sentence_and_fields_to_search_by) {
    auto told = note(job::State::running, job::State::failed);
    told.exit_code = 3;
    told.event.reason = "exit code 3";
    auto entry = entry_of(told, "alice");
    BOOST_TEST(entry.text == "job 42 of alice: failed: exit code 3");
    BOOST_TEST(field(entry, "MESSAGE_ID") == message::ended);
    BOOST_TEST(field(entry, "CCD_JOB_ID") == "42");
    BOOST_TEST(field(entry, "CCD_UID") == "1001");
    BOOST_TEST(field(entry, "CCD_STATE") == "failed");
    BOOST_TEST(field(entry, "CCD_ATTEMPT") == "2");
    BOOST_TEST(field(entry, "CCD_EXIT_CODE") == "3");
    BOOST_TEST(field(entry, "CCD_SIGNAL") == "-");
}

BOOST_AUTO_TEST_CASE(each_class_of_events_has_its_message) {
    auto id = [](const service::Note& told) { return field(entry_of(told, "u"), "MESSAGE_ID"); };
    BOOST_TEST(id(note({}, job::State::queued)) == message::submitted);
    BOOST_TEST(id(note(job::State::starting, job::State::running)) == message::started);
    BOOST_TEST(id(note(job::State::running, job::State::lost)) == message::lost);
    BOOST_TEST(id(note(job::State::queued, job::State::cancelled)) == message::ended);
    BOOST_TEST(id(note(job::State::queued, job::State::starting)) == "-");
    auto killed = note(job::State::running, job::State::failed);
    killed.event.reason = "oom: out of memory";
    BOOST_TEST(id(killed) == message::out_of_memory);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
