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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::sys
