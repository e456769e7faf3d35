#include "ctl/lines.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/ctl/temporary_file.h"

namespace {

using namespace ccd;

std::vector<std::string> lines_of(std::string_view text, std::size_t longest = ctl::Lines::limit) {
    TemporaryFile file;
    file.append(text);
    ctl::Lines lines{file.lend(), longest};
    std::vector<std::string> all;
    for (;;) {
        auto line = lines.next();
        BOOST_TEST_REQUIRE(line.has_value());
        if (!*line) break;
        all.push_back((*line)->is_too_long ? "too long" : std::string{(*line)->text});
        BOOST_TEST((*line)->number == all.size());
    }
    BOOST_TEST(lines.is_at_end());
    return all;
}

using Texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(lines)

BOOST_AUTO_TEST_CASE(every_line_comes_once_also_one_without_its_line_feed) {
    BOOST_TEST((lines_of("a\n\nb\n") == Texts{"a", "", "b"}));
    BOOST_TEST((lines_of("a\nb") == Texts{"a", "b"}));
    BOOST_TEST((lines_of("\n") == Texts{""}));
    BOOST_TEST(lines_of("").empty());
}

BOOST_AUTO_TEST_CASE(many_lines_come_in_their_order) {
    std::string text;
    Texts wanted;
    for (int i = 0; i < 50'000; ++i) {
        wanted.push_back("line " + std::to_string(i));
        text += wanted.back() + "\n";
    }
    BOOST_TEST((lines_of(text) == wanted));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_passed_over_and_told_of) {
    const std::string most(ctl::Lines::limit, 'x');
    BOOST_TEST((lines_of(most + "\nb") == Texts{most, "b"}));
    BOOST_TEST((lines_of(most + "x\nb\n") == Texts{"too long", "b"}));
    BOOST_TEST((lines_of("a\n" + most + most + most + "\nb\n") == Texts{"a", "too long", "b"}));
    BOOST_TEST((lines_of("a\n" + most + most) == Texts{"a", "too long"}));
}

BOOST_AUTO_TEST_CASE(whoever_opens_it_may_say_how_long_a_line_may_be) {
    BOOST_TEST((lines_of("four\nfive5\n", 4) == Texts{"four", "too long"}));
    const std::string longer(ctl::Lines::limit + 1, 'x');
    BOOST_TEST((lines_of(longer + "\n", longer.size()) == Texts{longer}));
}

BOOST_AUTO_TEST_CASE(it_is_ready_when_it_need_not_wait_for_who_writes) {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::pipe(ends.data()) == 0);
    UniqueFd writer{ends[1]};
    ctl::Lines lines{UniqueFd{ends[0]}};
    BOOST_TEST(!lines.is_ready());
    BOOST_TEST(::write(writer.get(), "a\nb\n", 4) == 4);
    BOOST_TEST(lines.is_ready());
    BOOST_TEST(lines.next().value()->text == "a");
    BOOST_TEST(lines.is_ready());
    BOOST_TEST(lines.next().value()->text == "b");
    BOOST_TEST(!lines.is_ready());
    BOOST_TEST(!lines.share().has_value());
    writer.reset();
    BOOST_TEST(lines.is_ready());
    BOOST_TEST(!lines.next().value().has_value());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_by_its_name) {
    auto refused = ctl::Lines::open("/no/such/file");
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.starts_with("'/no/such/file' cannot be read"));
    BOOST_TEST(!ctl::Lines::open("/").has_value());
}

BOOST_AUTO_TEST_CASE(of_a_file_it_knows_how_far_it_has_come) {
    TemporaryFile file;
    file.append("aaaa\nbbbb\n");
    ctl::Lines lines{file.lend()};
    BOOST_TEST(lines.share().value() == 0.0);
    BOOST_TEST(lines.next().has_value());
    BOOST_TEST(lines.share().value() == 0.5);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
