// ccd-shim as a program: what it answers when it is called wrongly, or too late.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>

#include "daemon/exec/sealed_spec.h"

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

int status_of(const std::string& command) {
    int status = std::system(command.c_str());
    BOOST_REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// A service manager that hears what is said to it.
class Ear {
public:
    explicit Ear(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        BOOST_REQUIRE(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) ==
                      0);
    }
    // What was said first and is not taken yet; empty: nothing.
    std::string take() {
        char said[512];
        auto length = recv(socket_.get(), said, sizeof said, MSG_DONTWAIT);
        return {said, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
    }

private:
    UniqueFd socket_;
};

struct Managed : Bench {
    // What it exits with as the main process of a unit.
    int exec_shim(Launch job, const std::string& notify_path) {
        auto spec = seal_spec(job, "boot").value();
        write_file(job.log_file = path("log"), "");
        auto as_input = "/proc/self/fd/" + std::to_string(spec.get());
        fcntl(spec.get(), F_SETFD, 0);
        return status_of("NOTIFY_SOCKET=" + notify_path + " " + CCD_SHIM + " --exec <" + as_input +
                         " >" + path("log") + " 2>&1");
    }
};

BOOST_FIXTURE_TEST_SUITE(shim, Bench)

BOOST_AUTO_TEST_CASE(with_a_ticket_it_runs_the_job_and_records_the_end) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_TEST(run_shim(records(), job) == 0);
    BOOST_TEST(read_file(path("trace")) == "ran\n");
    BOOST_TEST(end_of(records().read(job.attempt).value().value()) != nullptr);
}

BOOST_AUTO_TEST_CASE(without_a_ticket_it_runs_nothing) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "");
}

BOOST_AUTO_TEST_CASE(a_ticket_serves_once) {
    Launch job = shell("echo ran >> " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_TEST(run_shim(records(), job) == 0);
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "ran\n");
}

BOOST_AUTO_TEST_CASE(a_ticket_with_another_nonce_is_no_ticket) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    job.attempt.nonce += "x";
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "");
}

BOOST_AUTO_TEST_CASE(it_refuses_what_is_no_spec) {
    std::string shim = CCD_SHIM;
    std::string rest = " " + records().folder() + " 1.1 3>/dev/null 2>/dev/null";
    BOOST_TEST(status_of(shim + rest + " </dev/null") == 2);
    BOOST_TEST(status_of(shim + rest + " </bin/sh") == 2);
    BOOST_TEST(status_of(shim + rest + " <&-") == 2);
}

BOOST_AUTO_TEST_CASE(it_refuses_to_be_called_without_its_arguments_or_its_pipe) {
    std::string shim = CCD_SHIM;
    BOOST_TEST(status_of(shim + " 2>/dev/null") == 2);
    BOOST_TEST(status_of(shim + " " + records().folder() + " 1.1 3>&- </dev/null") == 2);
}

BOOST_FIXTURE_TEST_CASE(as_a_units_program_it_says_that_it_begins, Managed) {
    Ear manager(path("notify"));
    BOOST_TEST(exec_shim(shell("echo ran; exit 4"), path("notify")) == 4);
    BOOST_TEST(manager.take() == "READY=1");
    BOOST_TEST(read_file(path("log")) == "ran\n");
}

BOOST_FIXTURE_TEST_CASE(what_the_manager_does_not_hear_of_does_not_run, Managed) {
    BOOST_TEST(exec_shim(shell("echo ran"), path("nobody")) == 125);
    BOOST_TEST(exec_shim(shell("echo ran"), "") == 125);
    BOOST_TEST(last_line(read_file(path("log"))) ==
               "ccd: cannot run '/bin/sh': the service manager does not hear of it: Transport "
               "endpoint is not connected");
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_never_begins_and_is_named_in_the_log_only, Managed) {
    Ear manager(path("notify"));
    BOOST_TEST(exec_shim(launch({"my-secret-name"}), path("notify")) == 127);
    BOOST_TEST(manager.take() == "STATUS=cannot run: step 4, error 2");
    BOOST_TEST(read_file(path("log")) == "ccd: cannot run 'my-secret-name': not found\n");
    Launch nowhere = shell("true");
    nowhere.cwd = path("gone");
    BOOST_TEST(exec_shim(nowhere, path("notify")) == 125);
    BOOST_TEST(manager.take() == "STATUS=cannot run: step 1, error 2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
