#include "daemon/sys/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "ccd/unique_fd.h"

namespace ccd::sys {
namespace {

// What is written to standard error meanwhile.
template <class Call>
std::string written_by(Call call) {
    UniqueFd file{::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    UniqueFd before{::dup(STDERR_FILENO)};
    ::dup2(file.get(), STDERR_FILENO);
    call();
    ::dup2(before.get(), STDERR_FILENO);
    std::string text(4'096, '\0');
    auto size = ::pread(file.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(what_is_logged_is_one_line) {
    auto text = written_by([] { log(Priority::warning, "two\nlines, \x1b[31m and a \x7f"); });
    BOOST_TEST(text == "ccd: two?lines, ?[31m and a ?\n");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_ascii_stays) {
    BOOST_TEST(written_by([] { log(Priority::info, "Grüße"); }) == "ccd: Grüße\n");
}

BOOST_AUTO_TEST_CASE(a_line_has_a_bounded_length) {
    auto text = written_by([] { log(Priority::error, std::string(5'000, 'x')); });
    BOOST_TEST(text.size() < 1'100U);
    BOOST_TEST(text.back() == '\n');
}

BOOST_AUTO_TEST_CASE(a_reader_that_does_not_read_stops_nobody_and_learns_what_he_missed) {
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    UniqueFd reader{ends[0]};
    UniqueFd writer{ends[1]};
    const int size = ::fcntl(writer.get(), F_GETPIPE_SZ);
    const std::string filling(static_cast<std::size_t>(size), 'x');
    BOOST_TEST_REQUIRE(::write(writer.get(), filling.data(), filling.size()) == size);

    UniqueFd before{::dup(STDERR_FILENO)};
    ::dup2(writer.get(), STDERR_FILENO);
    log(Priority::info, "one");
    log(Priority::info, "two");
    std::string taken(filling.size(), '\0');
    auto drained = ::read(reader.get(), taken.data(), taken.size());
    log(Priority::info, "three");
    auto length = ::read(reader.get(), taken.data(), taken.size());
    log(Priority::info, "four");
    auto last = ::read(reader.get(), taken.data() + length, taken.size());
    ::dup2(before.get(), STDERR_FILENO);

    BOOST_TEST(drained == size);
    taken.resize(static_cast<std::size_t>(length + last));
    BOOST_TEST(taken ==
               "ccd: lines of this log that nobody took, and were dropped: 2\n"
               "ccd: three\nccd: four\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
