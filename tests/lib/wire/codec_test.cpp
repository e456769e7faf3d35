#include "lib/wire/codec.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <limits>

#include "tests/lib/wire/everything.h"

namespace {

using namespace everything;
using wire::Packer;

using Write = std::function<void(Packer&)>;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

Write natural(std::uint64_t value) {
    return [=](Packer& packer) { packer.natural(value); };
}
Write integer(std::int64_t value) {
    return [=](Packer& packer) { packer.integer(value); };
}
Write text(std::string_view value) {
    return [=](Packer& packer) { packer.text(value); };
}
Write nil() {
    return [](Packer& packer) { packer.nil(); };
}

// The value is refused, and the sentence names the field and has `part`.
void check_refused(std::string_view name, const Write& write, std::string_view part) {
    auto got = decoded(with_field(name, write));
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST((got.error().code == Errc::bad_request));
    BOOST_TEST(contains(got.error().message, "'" + std::string{name} + "'"), got.error().message);
    BOOST_TEST(contains(got.error().message, part), got.error().message);
}

template <class Value>
void check_value(std::string_view name, const Write& write, Value All::*member, Value wanted) {
    auto got = decoded(with_field(name, write));
    BOOST_TEST_REQUIRE(got.has_value(), name);
    BOOST_TEST((*got.*member == wanted), name);
}

BOOST_AUTO_TEST_SUITE(codec)

BOOST_AUTO_TEST_CASE(a_value_of_every_kind_comes_back_as_it_was) {
    BOOST_TEST((decoded(encoded<wire::Absent::written>(sample())).value() == sample()));
    BOOST_TEST((decoded(encoded<wire::Absent::left_out>(sample())).value() == sample()));
    BOOST_TEST((decoded(encoded<wire::Absent::written>(All{})).value() == All{}));
}

BOOST_AUTO_TEST_CASE(what_has_its_default_may_be_left_out) {
    BOOST_TEST(encoded<wire::Absent::left_out>(All{}) == "\x80");
    BOOST_TEST((decoded("\x80").value() == All{}));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_out_of_what_is_written_whole) {
    auto bytes = encoded<wire::Absent::written>(All{});
    field::for_each(All::fields,
                    [&](const auto& field) { BOOST_TEST(contains(bytes, field.name)); });
}

BOOST_AUTO_TEST_CASE(each_integer_reaches_to_the_ends_of_its_type_and_no_further) {
    using I32 = std::numeric_limits<std::int32_t>;
    using U32 = std::numeric_limits<std::uint32_t>;
    using I64 = std::numeric_limits<std::int64_t>;
    using U64 = std::numeric_limits<std::uint64_t>;
    check_value("small", integer(I32::min()), &All::small, I32::min());
    check_value("small", integer(I32::max()), &All::small, I32::max());
    check_refused("small", integer(std::int64_t{I32::min()} - 1), "-2147483648");
    check_refused("small", integer(std::int64_t{I32::max()} + 1), "2147483647");
    check_value("natural", natural(U32::max()), &All::natural, U32::max());
    check_refused("natural", natural(std::uint64_t{U32::max()} + 1), "from 0 to 4294967295");
    check_refused("natural", integer(-1), "from 0");
    check_value("big", integer(I64::min()), &All::big, I64::min());
    check_value("big", integer(I64::max()), &All::big, I64::max());
    check_refused("big", natural(std::uint64_t{I64::max()} + 1), "9223372036854775807");
    check_value("huge", natural(U64::max()), &All::huge, U64::max());
    check_refused("huge", integer(-1), "from 0");
}

BOOST_AUTO_TEST_CASE(durations_moments_and_sizes_have_their_ranges) {
    constexpr std::uint64_t limit = std::uint64_t{1} << 50;
    check_value("duration", natural(limit), &All::duration, Millis{limit});
    check_refused("duration", natural(limit + 1), "duration");
    check_refused("duration", integer(-1), "0 or more");
    check_value("moment", natural(limit), &All::moment, WallTime{Millis{limit}});
    check_refused("moment", natural(limit + 1), "since 1970");
    check_refused("moment", integer(-1), "since 1970");
    check_value("size", natural(~std::uint64_t{0}), &All::size, Bytes{~std::uint64_t{0}});
    check_refused("size", integer(-1), "size in bytes");
}

BOOST_AUTO_TEST_CASE(a_real_may_come_as_an_integer) {
    check_value("real", integer(-3), &All::real, -3.0);
    check_value("real", natural(3), &All::real, 3.0);
    check_value<double>(
        "real", [](Packer& packer) { packer.real(0.5); }, &All::real, 0.5);
}

BOOST_AUTO_TEST_CASE(a_value_of_another_kind_is_refused_with_what_is_expected) {
    check_refused("flag", natural(1), "true or false, not an integer");
    check_refused("small", text("1"), "not a string");
    check_refused(
        "natural", [](Packer& packer) { packer.real(1.5); }, "not a float");
    check_refused(
        "text", [](Packer& packer) { packer.binary("x"); }, "a string, not binary");
    check_refused("blob", text("x"), "binary, not a string");
    check_refused("real", text("1"), "a number");
    check_refused("colour", natural(0), "one of red, dark-green");
    check_refused("colour", text("blue"), "one of red, dark-green");
    check_refused("colour", text("dark_green"), "one of red, dark-green");
    check_refused("numbers", natural(1), "an array");
    check_refused(
        "numbers", [](Packer& packer) { packer.map(0); }, "an array, not a map");
    check_refused(
        "named", [](Packer& packer) { packer.array(0); }, "a map, not an array");
    check_refused(
        "inner", [](Packer& packer) { packer.array(0); }, "a map of fields");
    check_refused(
        "duration", [](Packer& packer) { packer.real(1.5); }, "not a float");
}

BOOST_AUTO_TEST_CASE(nil_means_absent_and_only_where_something_may_be) {
    check_value("maybe", nil(), &All::maybe, {});
    check_value("maybe", natural(0), &All::maybe, std::optional<std::uint32_t>{0});
    check_refused("small", nil(), "not nil");
    check_refused("text", nil(), "not nil");
    check_refused("numbers", nil(), "not nil");
    check_refused("maybe", text("x"), "not a string");
}

BOOST_AUTO_TEST_CASE(an_unknown_field_is_refused_by_its_name_or_ignored_with_all_that_is_in_it) {
    auto bytes = with_field("colours", [](Packer& packer) {
        packer.map(1);
        packer.text("deep");
        packer.array(2);
        packer.nil();
        packer.real(1);
    });
    auto refused = decoded(bytes);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(contains(refused.error().message, "'colours' is unknown"));
    BOOST_TEST((decoded(bytes, wire::Unknown::ignored).value() == All{}));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_given_twice_is_refused_by_its_name) {
    std::string bytes;
    Packer packer{bytes};
    packer.map(2);
    for (auto value : {1, 2}) {
        packer.text("small");
        packer.integer(value);
    }
    for (auto unknown : {wire::Unknown::refused, wire::Unknown::ignored}) {
        auto got = decoded(bytes, unknown);
        BOOST_TEST_REQUIRE(!got.has_value());
        BOOST_TEST(contains(got.error().message, "'small' is given twice"));
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_given_twice_in_a_map_is_refused) {
    auto got = decoded(with_field("named", [](Packer& packer) {
        packer.map(2);
        for (int i = 0; i < 2; ++i) {
            packer.text("same");
            packer.map(1);
            packer.text("number");
            packer.natural(1);
        }
    }));
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST(contains(got.error().message, "'same' is given twice"));
}

BOOST_AUTO_TEST_CASE(a_required_field_that_is_missing_is_named) {
    auto got = decoded(with_field("inner", [](Packer& packer) { packer.map(0); }));
    BOOST_TEST_REQUIRE(!got.has_value());
    BOOST_TEST(contains(got.error().message, "'number' is missing"));
    auto empty = wire::decode<Inner, Inner::fields>("\x80", wire::Unknown::refused);
    BOOST_TEST_REQUIRE(!empty.has_value());
    BOOST_TEST(contains(empty.error().message, "'number' is missing"));
}

BOOST_AUTO_TEST_CASE(fields_may_come_in_any_order) {
    std::string bytes;
    Packer packer{bytes};
    packer.map(3);
    packer.text("inner");
    packer.map(1);
    packer.text("number");
    packer.natural(9);
    packer.text("flag");
    packer.boolean(true);
    packer.text("size");
    packer.natural(7);
    auto got = decoded(bytes);
    BOOST_TEST_REQUIRE(got.has_value());
    BOOST_TEST((*got == All{.flag = true, .size = Bytes{7}, .inner = {.number = 9}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
