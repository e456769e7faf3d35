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

// A file of lines whose middle was given back, where the file system can do that.
struct WithHole {
    static constexpr off_t head = 8'192;
    static constexpr off_t length = 1 << 20;

    WithHole() {
        std::string line(63, 'x');
        for (int i = 0; i < 32'768; ++i) text += line + "\n";
        file.append(text);
        can_have_holes = ::fallocate(file.writer(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                     head, length) == 0;
    }
    std::string wanted(std::string_view marker) const {
        auto tail = text.substr(static_cast<std::size_t>(head + length));
        return text.substr(0, static_cast<std::size_t>(head)) + std::string{marker} + tail;
    }

    TemporaryFile file;
    std::string text;
    bool can_have_holes = false;
};

BOOST_FIXTURE_TEST_CASE(a_line_stands_where_the_middle_was_left_out, WithHole) {
    if (!can_have_holes) return;
    TemporaryFile to;
    BOOST_TEST_REQUIRE(ctl::LogFile{file.lend()}.copy_to(to.writer()).has_value());
    BOOST_TEST((to.text() == wanted("[... 1048576 bytes left out ...]\n")));
}

BOOST_FIXTURE_TEST_CASE(it_stands_in_a_line_of_its_own, WithHole) {
    if (!can_have_holes) return;
    TemporaryFile other;
    TemporaryFile to;
    other.append(std::string(100'000, 'z'));
    BOOST_TEST_REQUIRE(
        ::fallocate(other.writer(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, head, 8'192) == 0);
    BOOST_TEST_REQUIRE(ctl::LogFile{other.lend()}.copy_to(to.writer()).has_value());
    BOOST_TEST(to.text().find("z\n[... 8192 bytes left out ...]\nz") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_tail_reaches_no_further_than_what_was_left_out, WithHole) {
    if (!can_have_holes) return;
    auto tail = [&](std::uint64_t lines) {
        TemporaryFile to;
        ctl::LogFile log{file.lend()};
        BOOST_TEST_REQUIRE(log.seek_tail(lines).has_value());
        BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
        return to.text();
    };
    BOOST_TEST((tail(2) == text.substr(text.size() - 128)));
    auto all = tail(1'000'000);
    BOOST_TEST(all.starts_with("[... 1048576 bytes left out ...]\nx"));
    BOOST_TEST(all.size() == 33 + text.size() - static_cast<std::size_t>(head + length));
}

BOOST_FIXTURE_TEST_CASE(what_is_added_behind_a_hole_is_copied_as_it_comes, WithHole) {
    if (!can_have_holes) return;
    TemporaryFile to;
    ctl::LogFile log{file.lend()};
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    auto before = to.text().size();
    file.append("more\n");
    BOOST_TEST_REQUIRE(log.copy_to(to.writer()).has_value());
    BOOST_TEST(to.text().substr(before) == "more\n");
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
