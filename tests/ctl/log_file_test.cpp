#include "ctl/log_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "ctl/file_watch.h"
#include "tests/ctl/temporary_file.h"

namespace {

using namespace ccd;

std::string tail_of(std::string_view text, std::uint64_t lines) {
    TemporaryFile from;
    TemporaryFile to;
    from.append(text);
    ctl::LogFile log{from.lend()};
    BOOST_TEST_REQUIRE(log.seek_tail(lines).has_value());
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    return to.text();
}

BOOST_AUTO_TEST_SUITE(log_file)

BOOST_AUTO_TEST_CASE(bytes_are_copied_unchanged) {
    std::string bytes;
    for (int i = 0; i < 300'000; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 256));
    TemporaryFile from;
    TemporaryFile to;
    from.append(bytes);
    BOOST_TEST_REQUIRE(ctl::LogFile{from.lend()}.copy_to(to.writer()).has_value());
    BOOST_TEST((to.text() == bytes));
}

BOOST_AUTO_TEST_CASE(what_is_added_later_is_copied_later_and_only_once) {
    TemporaryFile from;
    TemporaryFile to;
    ctl::LogFile log{from.lend()};
    from.append("one\n");
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    from.append("two\n");
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    BOOST_TEST(to.text() == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(others_who_read_the_same_open_file_are_not_disturbed) {
    TemporaryFile from;
    TemporaryFile to;
    from.append("one\n");
    auto shared = from.lend();
    char byte = 0;
    BOOST_TEST(::read(shared.get(), &byte, 1) == 1);
    ctl::LogFile log{UniqueFd{::dup(shared.get())}};
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    BOOST_TEST(to.text() == "one\n");
    BOOST_TEST(::lseek(shared.get(), 0, SEEK_CUR) == 1);
}

BOOST_AUTO_TEST_CASE(the_tail_is_counted_in_lines) {
    BOOST_TEST(tail_of("a\nb\nc\n", 2) == "b\nc\n");
    BOOST_TEST(tail_of("a\nb\nc", 2) == "b\nc");
    BOOST_TEST(tail_of("a\nb\nc\n", 3) == "a\nb\nc\n");
    BOOST_TEST(tail_of("a\nb\nc\n", 99) == "a\nb\nc\n");
    BOOST_TEST(tail_of("a\nb\nc\n", 0) == "");
    BOOST_TEST(tail_of("a\n\n\n", 2) == "\n\n");
    BOOST_TEST(tail_of("\n", 1) == "\n");
    BOOST_TEST(tail_of("a", 1) == "a");
    BOOST_TEST(tail_of("", 5) == "");
}

BOOST_AUTO_TEST_CASE(the_tail_may_begin_far_from_the_end) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text.append("line ").append(std::to_string(i)).append("\n");
    auto wanted = text.substr(text.find("line 10000\n"));
    BOOST_TEST((tail_of(text, 40'000) == wanted));
    std::string long_line(200'000, 'x');
    BOOST_TEST((tail_of("first\n" + long_line + "\n", 1) == long_line + "\n"));
}

BOOST_AUTO_TEST_CASE(a_watch_returns_when_the_file_has_grown) {
    TemporaryFile file;
    auto reader = file.lend();
    ctl::FileWatch watch{reader.get()};
    file.append("x");
    watch.wait(-1, std::nullopt);  // or the test never ends
}

BOOST_AUTO_TEST_CASE(a_watch_returns_when_somebody_else_has_something_to_say) {
    TemporaryFile file;
    auto reader = file.lend();
    std::array<int, 2> pipe{};
    BOOST_TEST_REQUIRE(::pipe(pipe.data()) == 0);
    UniqueFd out{pipe[0]};
    UniqueFd in{pipe[1]};
    BOOST_TEST(::write(in.get(), "x", 1) == 1);
    ctl::FileWatch watch{reader.get()};
    watch.wait(out.get(), std::nullopt);
}

BOOST_AUTO_TEST_CASE(a_watch_returns_when_its_time_is_over) {
    TemporaryFile file;
    auto reader = file.lend();
    ctl::FileWatch{reader.get()}.wait(-1, Millis{1});
    ctl::FileWatch{-1}.wait(-1, Millis{1});  // nothing to watch: it looks
    ctl::FileWatch{-1}.wait(-1, std::nullopt);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
