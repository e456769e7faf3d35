#include "ctl/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "ccd/unique_fd.h"
#include "tests/ctl/temporary_file.h"

namespace {

using namespace ccd;

// Standard error leads to `file` as long as this lives.
class Diverted {
public:
    explicit Diverted(int file) : before_(::dup(STDERR_FILENO)) { ::dup2(file, STDERR_FILENO); }
    ~Diverted() { ::dup2(before_.get(), STDERR_FILENO); }

private:
    UniqueFd before_;
};

struct Terminal {
    Terminal() {
        BOOST_TEST_REQUIRE(::grantpt(far.get()) == 0);
        BOOST_TEST_REQUIRE(::unlockpt(far.get()) == 0);
        near.reset(::open(::ptsname(far.get()), O_RDWR | O_NOCTTY));
        BOOST_TEST_REQUIRE(static_cast<bool>(near));
    }
    std::string said() const {
        std::string text(256, '\0');
        auto got = ::read(far.get(), text.data(), text.size());
        return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }

    UniqueFd far{::posix_openpt(O_RDWR | O_NOCTTY)};
    UniqueFd near;
};

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(on_a_terminal_it_is_a_line_that_is_gone_at_the_end) {
    Terminal terminal;
    {
        Diverted diverted{terminal.near.get()};
        ctl::Progress progress{true};
        progress.show("half");
        progress.show("too soon");
    }
    BOOST_TEST(terminal.said() == "\rhalf\x1b[K\r\x1b[K");
}

BOOST_AUTO_TEST_CASE(into_a_file_or_where_a_program_reads_nothing_is_said) {
    TemporaryFile file;
    Terminal terminal;
    {
        Diverted diverted{file.writer()};
        ctl::Progress progress{true};
        progress.show("half");
        BOOST_TEST(!progress.is_shown());
    }
    {
        Diverted diverted{terminal.near.get()};
        BOOST_TEST(!ctl::Progress{false}.is_shown());
    }
    BOOST_TEST(file.text() == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
