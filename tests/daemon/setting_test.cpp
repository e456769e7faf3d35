#include "daemon/setting.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <utility>

namespace {

using namespace ccd;
using namespace ccd::daemon;
using namespace std::chrono_literals;

template <class Value>
std::string refused(std::string_view text, Range range = {}) {
    Value value{};
    auto set = parse_value(text, range, value);
    BOOST_TEST((value == Value{}));
    return set ? "accepted" : set.error().message;
}

template <class Value>
Value taken(std::string_view text, Range range = {}) {
    Value value{};
    BOOST_TEST(parse_value(text, range, value).has_value(), text);
    return value;
}

BOOST_AUTO_TEST_SUITE(setting)

BOOST_AUTO_TEST_CASE(both_ends_of_a_range_are_allowed) {
    BOOST_TEST(taken<std::uint32_t>("1", {1, 5}) == 1U);
    BOOST_TEST(taken<std::uint32_t>("5", {1, 5}) == 5U);
    BOOST_TEST(taken<std::int32_t>("-3", {-3, 3}) == -3);
    BOOST_TEST((taken<Millis>("1s", {1000, 2000}) == 1s));
    BOOST_TEST((taken<Millis>("2s", {1000, 2000}) == 2s));
    BOOST_TEST((taken<Bytes>("1KiB", {1024, 2048}) == Bytes{1024}));
    BOOST_TEST((taken<Bytes>("2048", {1024, 2048}) == Bytes{2048}));
}

BOOST_AUTO_TEST_CASE(outside_its_range_a_value_is_refused_naming_the_range) {
    BOOST_TEST(refused<std::uint32_t>("0", {1, 5}) == "'0' is not a whole number from 1 to 5");
    BOOST_TEST(refused<std::uint32_t>("6", {1, 5}) == "'6' is not a whole number from 1 to 5");
    BOOST_TEST(refused<std::int32_t>("-4", {-3, 3}) == "'-4' is not a whole number from -3 to 3");
    BOOST_TEST(refused<Millis>("999ms", {1000, 2000}) == "'999ms' is outside 1s to 2s");
    BOOST_TEST(refused<Millis>("3s", {1000, 2000}) == "'3s' is outside 1s to 2s");
    BOOST_TEST(refused<Bytes>("4KiB", {1024, 2048}) == "'4KiB' is outside 1KiB to 2KiB");
    BOOST_TEST(refused<std::string>("abc", {0, 2}) == "'abc' has 3 bytes; allowed: 0 to 2");
}

BOOST_AUTO_TEST_CASE(a_path_is_absolute) {
    BOOST_TEST(taken<std::filesystem::path>("/run/ccd") == "/run/ccd");
    for (auto text : {"run", "./run", "~/run"})
        BOOST_TEST(refused<std::filesystem::path>(text).find("begins with '/'") !=
                   std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_has_no_control_characters) {
    using namespace std::string_view_literals;
    for (auto text : {"/a\0b"sv, "/a\nb"sv, "/a\x7f"sv}) {
        BOOST_TEST(refused<std::string>(text).find("control") != std::string::npos);
        BOOST_TEST(refused<std::filesystem::path>(text).find("control") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_mode_is_octal) {
    constexpr std::array<std::pair<std::string_view, std::uint32_t>, 4> rows{
        {{"0660", 0660}, {"0000", 0}, {"0777", 0777}, {"060", 060}}};
    for (const auto& [text, bits] : rows) BOOST_TEST(taken<FileMode>(text).bits == bits);
    for (auto text : {"", "660", "0680", "01777", "00660", "rw-rw----", "0660 ", "-0660"})
        BOOST_TEST(refused<FileMode>(text).find("octal digits") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_choice_is_one_of_its_names) {
    BOOST_TEST((taken<ExecutorChoice>("process") == ExecutorChoice::process));
    BOOST_TEST((taken<GpuSource>("static") == GpuSource::fixed_list));
    BOOST_TEST(refused<ExecutorChoice>("proces") ==
               "'proces' is not one of auto, process, systemd; did you mean 'process'?");
    BOOST_TEST(refused<GpuSource>("NVIDIA") == "'NVIDIA' is not one of auto, nvml, static, none");
}

BOOST_AUTO_TEST_CASE(a_value_stands_in_a_file_as_it_can_be_read_again) {
    BOOST_TEST(to_toml(std::string{R"(a "b" \c)"}) == R"("a \"b\" \\c")");
    BOOST_TEST(to_toml(FileMode{0660}) == "\"0660\"");
    BOOST_TEST(to_toml(Millis{90'000}) == "\"1m30s\"");
    BOOST_TEST(to_toml(24_GiB) == "\"24GiB\"");
    BOOST_TEST(to_toml(std::int32_t{-7}) == "-7");
    BOOST_TEST(to_toml(GpuSource::fixed_list) == "\"static\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
