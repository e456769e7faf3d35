#include <array>
#include <boost/test/unit_test.hpp>

#include "tests/lib/wire/everything.h"

// What nobody writes by accident: lengths that lie, nesting without end, values that are none.

namespace {

using namespace everything;
using namespace std::string_view_literals;
using wire::Packer;

std::string with_raw(std::string_view name, std::string_view raw) {
    return with_field(name, [=](Packer& packer) { packer.packed(raw); });
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

std::string refusal(std::string_view bytes, wire::Unknown unknown = wire::Unknown::refused) {
    auto got = decoded(bytes, unknown);
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == Errc::bad_request));
    return got.error().message;
}

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(a_length_that_lies_is_refused_and_allocates_nothing) {
    for (auto raw : {"\xdd\x00\xff\xff\xff"sv, "\xdd\xff\xff\xff\xff"sv, "\xdc\xff\xff"sv,
                     "\xdf\x00\xff\xff\xff"sv, "\xdf\xff\xff\xff\xff"sv, "\xde\xff\xff"sv,
                     "\xdb\xff\xff\xff\xff"sv, "\xda\xff\xff"sv, "\xd9\xff"sv,
                     "\xc6\xff\xff\xff\xff"sv, "\xc5\xff\xff"sv, "\xc4\xff"sv})
        for (auto name : {"numbers", "inners", "named", "text", "blob", "unknown"})
            for (auto unknown : {wire::Unknown::refused, wire::Unknown::ignored}) {
                auto got = decoded(with_raw(name, raw), unknown);
                BOOST_TEST(!got.has_value(), name);
            }
}

BOOST_AUTO_TEST_CASE(an_array_over_the_limit_is_refused_by_its_field_and_size) {
    auto message = refusal(with_raw("numbers", "\xdd\x00\xff\xff\xff"sv));
    BOOST_TEST(contains(message, "'numbers'"));
    BOOST_TEST(contains(message, "16777215"));
}

BOOST_AUTO_TEST_CASE(an_array_as_long_as_the_limit_is_taken) {
    auto bytes = with_field("numbers", [](Packer& packer) {
        packer.array(wire::item_limit);
        for (std::size_t i = 0; i < wire::item_limit; ++i) packer.natural(1);
    });
    BOOST_TEST(decoded(bytes).value().numbers.size() == wire::item_limit);
}

BOOST_AUTO_TEST_CASE(nesting_has_an_end) {
    for (std::size_t depth : {wire::depth_limit - 1, wire::depth_limit, std::size_t{100'000}}) {
        auto bytes = with_field("unknown", [=](Packer& packer) {
            for (std::size_t i = 0; i < depth; ++i) packer.array(1);
            packer.nil();
        });
        auto got = decoded(bytes, wire::Unknown::ignored);
        BOOST_TEST(got.has_value() == (depth < wire::depth_limit));
        if (!got) BOOST_TEST(contains(got.error().message, "16 deep"));
    }
}

BOOST_AUTO_TEST_CASE(nested_maps_have_an_end_too) {
    auto bytes = with_field("unknown", [](Packer& packer) {
        for (int i = 0; i < 50'000; ++i) {
            packer.map(1);
            packer.text("k");
        }
        packer.nil();
    });
    BOOST_TEST(contains(refusal(bytes, wire::Unknown::ignored), "16 deep"));
}

BOOST_AUTO_TEST_CASE(bytes_behind_the_value_are_refused) {
    auto whole = encoded<wire::Absent::written>(sample());
    BOOST_TEST(!decoded(whole + '\x80').has_value());
    BOOST_TEST(!decoded(whole + '\0').has_value());
    BOOST_TEST(!decoded("\x80\x80").has_value());
}

BOOST_AUTO_TEST_CASE(a_value_that_is_cut_off_anywhere_is_refused) {
    auto whole = encoded<wire::Absent::written>(sample());
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST(!decoded(std::string_view{whole}.substr(0, size)).has_value(), size);
}

BOOST_AUTO_TEST_CASE(ext_types_are_refused_everywhere) {
    for (auto raw : {"\xd4\x01\x00"sv, "\xd6\xff\x00\x00\x00\x00"sv, "\xc7\x01\x05\x00"sv})
        for (auto name : {"small", "moment", "unknown"}) {
            auto message = refusal(with_raw(name, raw), wire::Unknown::ignored);
            BOOST_TEST(contains(message, "ext"), message);
        }
}

BOOST_AUTO_TEST_CASE(the_byte_that_msgpack_never_uses_is_refused) {
    BOOST_TEST(!decoded(with_raw("small", "\xc1"sv)).has_value());
    BOOST_TEST(!decoded("\xc1").has_value());
}

BOOST_AUTO_TEST_CASE(nan_is_no_number) {
    for (auto raw : {"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"sv, "\xca\x7f\xc0\x00\x00"sv,
                     "\xcb\xff\xff\xff\xff\xff\xff\xff\xff"sv}) {
        auto message = refusal(with_raw("real", raw));
        BOOST_TEST(contains(message, "'real' is not a number"), message);
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_string_is_refused) {
    for (auto bytes : {"\x81\x01\x01"sv, "\x81\xc0\x01"sv, "\x81\x90\x01"sv, "\x81\x80\x01"sv,
                       "\x81\xc4\x01x\x01"sv})
        BOOST_TEST(contains(refusal(bytes, wire::Unknown::ignored), "key"));
}

BOOST_AUTO_TEST_CASE(what_is_no_map_is_refused) {
    for (auto bytes : {""sv, "\xc0"sv, "\x90"sv, "\x01"sv, "\xa1x"sv, "\xc3"sv})
        BOOST_TEST(!decoded(bytes).has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_quotes_no_more_than_the_beginning_of_a_long_name) {
    auto message = refusal(with_raw(std::string(100'000, 'x'), "\xc0"sv));
    BOOST_TEST(message.size() < 200U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
