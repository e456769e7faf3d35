// A client in several threads and processes, beside a daemon that does not answer.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "ccd/ccd.h"
#include "tests/lib/client/peer.h"

namespace {

struct Connected {
    peer::Peer daemon;
    ccd_client* client = connect(daemon);
    int code = CCD_OK;  // of the call that is under way

    ~Connected() { ccd_close(client); }

    static ccd_client* connect(peer::Peer& daemon) {
        ccd_client* connected = nullptr;
        BOOST_TEST_REQUIRE(ccd_connect(daemon.path().c_str(), CCD_FOREVER, &connected) == CCD_OK);
        daemon.accept();
        return connected;
    }

    void ask() { code = ccd_queue_destroy(client, "frames"); }

    // From then on whoever asked waits for the answer.
    void hear_request() const {
        while (daemon.hear().empty()) std::this_thread::yield();
    }
};

extern "C" void* ask_and_end(void* connected) {
    static_cast<Connected*>(connected)->ask();
    pthread_testcancel();
    return nullptr;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(link_, Connected)

BOOST_AUTO_TEST_CASE(a_child_connects_anew_though_another_thread_was_in_a_call) {
    std::thread other{[this] { ask(); }};
    hear_request();
    const pid_t child = ::fork();
    if (child == 0) {
        ask();
        ccd_close(client);
        ::_exit(code == CCD_UNREACHABLE ? 0 : 1);
    }
    daemon.accept();  // which hangs up on the parent
    daemon.hang_up();
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    other.join();
    BOOST_TEST(code == CCD_UNREACHABLE);
}

BOOST_AUTO_TEST_CASE(a_child_of_who_was_in_no_call_leaves_its_parents_connection_alone) {
    const pid_t child = ::fork();
    if (child == 0) {
        ccd_close(client);
        ::_exit(0);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    std::thread other{[this] { ask(); }};
    hear_request();
    daemon.hang_up();
    other.join();
    BOOST_TEST(code == CCD_UNREACHABLE);
}

BOOST_AUTO_TEST_CASE(a_thread_that_is_cancelled_ends_after_its_call) {
    pthread_t other{};
    BOOST_TEST_REQUIRE(::pthread_create(&other, nullptr, &ask_and_end, this) == 0);
    hear_request();
    BOOST_TEST(::pthread_cancel(other) == 0);
    daemon.hang_up();
    void* result = nullptr;
    BOOST_TEST_REQUIRE(::pthread_join(other, &result) == 0);
    BOOST_TEST((result == PTHREAD_CANCELED));
    BOOST_TEST(code == CCD_UNREACHABLE);
}

BOOST_AUTO_TEST_SUITE_END()
