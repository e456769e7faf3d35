// The last to run: what the others have called.
#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "tests/e2e/called.h"

namespace ccd::e2e {

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(every_command_was_called_end_to_end) {
    for_each_command([]<class Command>() {
        BOOST_TEST(called().contains(std::string{Command::info.name}),
                   "'" << Command::info.name << "' was never called");
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
