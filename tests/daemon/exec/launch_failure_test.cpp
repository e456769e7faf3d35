#include "daemon/exec/launch_failure.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>

namespace ccd::exec {
namespace {

constexpr LaunchNames names{.program = "train", .cwd = "/home/alice", .stdin_file = "/in"};

BOOST_AUTO_TEST_SUITE(launch_failure)

BOOST_AUTO_TEST_CASE(each_step_is_said_with_what_it_was_about) {
    auto said = [](Step step, int error) {
        return std::string{reason_of({step, error}, names).view()};
    };
    BOOST_TEST(said(Step::cwd, ENOENT) ==
               "cannot run 'train': working directory '/home/alice': No such file or directory");
    BOOST_TEST(said(Step::standard_input, EACCES) ==
               "cannot run 'train': standard input '/in': Permission denied");
    BOOST_TEST(said(Step::announcement, ENOTCONN) ==
               "cannot run 'train': the service manager does not hear of it: Transport endpoint is "
               "not connected");
    BOOST_TEST(said(Step::exec, ENOENT) == "cannot run 'train': not found");
    BOOST_TEST(said(Step::exec, EACCES) == "cannot run 'train': not executable");
}

BOOST_AUTO_TEST_CASE(only_the_execution_itself_is_told_by_126_and_127) {
    BOOST_TEST(exit_code_of({Step::exec, ENOENT}) == 127);
    BOOST_TEST(exit_code_of({Step::exec, ENOEXEC}) == 126);
    BOOST_TEST(exit_code_of({Step::exec, ENOMEM}) == 125);
    for (auto step : {Step::cwd, Step::standard_input, Step::announcement})
        BOOST_TEST(exit_code_of({step, ENOENT}) == 125);
}

BOOST_AUTO_TEST_CASE(what_everybody_can_read_names_nothing_and_is_understood) {
    for (auto step : {Step::cwd, Step::standard_input, Step::announcement, Step::exec})
        for (int error : {0, ENOENT, 133}) {
            auto text = encode_failure({step, error});
            BOOST_TEST((parse_failure(text.view()) == LaunchFailure{step, error}), text.view());
        }
    for (auto text :
         {"", "cannot run 'train': not found", "cannot run: step 5, error 2",
          "cannot run: step 0, error 2", "cannot run: step 4, error 2 or so", "cannot run: step 4"})
        BOOST_TEST(!parse_failure(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
