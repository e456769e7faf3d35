#include "daemon/exec/record.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::exec {
namespace {

const std::string nonce = "0123456789abcdef";

std::string bytes_of(const Record& record) {
    return {reinterpret_cast<const char*>(&record), sizeof record};
}

Record full_record() {
    Record record = make_ticket(nonce);
    record.claim = {.shim_pid = 7, .start_ticks = 8};
    seal(record.claim);
    record.begun = {.main_pid = 9, .at = 10};
    seal(record.begun);
    record.end = {.at = 11, .kind = EndKind::exited, .value = 12};
    seal(record.end);
    return record;
}

BOOST_AUTO_TEST_SUITE(record)

BOOST_AUTO_TEST_CASE(the_checksum_is_crc_32) {
    BOOST_TEST(checksum_of("123456789") == 0xcbf4'3926u);
}

BOOST_AUTO_TEST_CASE(a_ticket_has_none_of_the_later_parts) {
    auto record = parse_record(bytes_of(make_ticket(nonce)), nonce);
    BOOST_REQUIRE(record.has_value());
    BOOST_TEST(claim_of(*record) == nullptr);
    BOOST_TEST(begun_of(*record) == nullptr);
    BOOST_TEST(end_of(*record) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
    auto record = parse_record(bytes_of(full_record()), nonce);
    BOOST_REQUIRE(record.has_value());
    BOOST_TEST(claim_of(*record)->shim_pid == 7);
    BOOST_TEST(begun_of(*record)->main_pid == 9);
    BOOST_TEST(end_of(*record)->value == 12);
}

BOOST_AUTO_TEST_CASE(a_record_of_another_nonce_is_refused) {
    BOOST_TEST(!parse_record(bytes_of(full_record()), nonce + "0").has_value());
    BOOST_TEST(!parse_record(bytes_of(full_record()), "").has_value());
}

BOOST_AUTO_TEST_CASE(a_record_of_any_other_size_is_refused) {
    std::string bytes = bytes_of(full_record());
    for (std::size_t size = 0; size < bytes.size(); ++size)
        BOOST_TEST(!parse_record(bytes.substr(0, size), nonce).has_value());
    BOOST_TEST(!parse_record(bytes + "x", nonce).has_value());
}

BOOST_AUTO_TEST_CASE(a_part_with_one_wrong_bit_was_not_written) {
    const std::string bytes = bytes_of(full_record());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string spoilt = bytes;
        spoilt[i] = static_cast<char>(spoilt[i] ^ 0x10);
        auto record = parse_record(spoilt, nonce);
        bool is_whole = record && claim_of(*record) && begun_of(*record) && end_of(*record);
        BOOST_TEST(!is_whole, "byte " << i);
    }
}

BOOST_AUTO_TEST_CASE(an_end_of_unknown_kind_was_not_written) {
    Record record = full_record();
    record.end.kind = EndKind{5};
    seal(record.end);
    BOOST_TEST(end_of(record) == nullptr);
}

BOOST_AUTO_TEST_CASE(text_may_fill_its_room) {
    char room[4];
    set_padded(room, "abcdef");
    BOOST_TEST(padded_text(room) == "abcd");
    set_padded(room, "a");
    BOOST_TEST(padded_text(room) == "a");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
