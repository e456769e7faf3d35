// Submits whose answer was lost, which ccctl sends again.
#include <boost/test/unit_test.hpp>

#include "ccd/job.h"
#include "lib/wire/codec.h"
#include "tests/e2e/ctl.h"
#include "tests/lib/client/peer.h"

namespace ccd::e2e {
namespace {

std::string knows_the_job() {
    return peer::frame_of([](wire::Packer& packer) {
        wire::begin_result(packer, 1);
        wire::encode<job::Submit::reply_fields, wire::Absent::written>(
            packer, job::SubmitReply{.id = 7, .created = false});
    });
}

void await_request(const peer::Peer& daemon) {
    while (daemon.hear().empty()) {
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lost_answer, *boost::unit_test::timeout(60))

// A daemon that took the submit and died, and one that knows the job by its key.
BOOST_AUTO_TEST_CASE(a_job_is_created_by_the_call_that_made_its_key) {
    auto submit = [](std::vector<std::string> options) {
        peer::Peer daemon;
        std::vector<std::string> words{"--socket", daemon.path(), "--json", "submit"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"--", "true"});
        Ctl ctl{{.words = words}};
        daemon.accept();
        daemon.hang_up();
        daemon.accept();
        daemon.say(knows_the_job());
        return ctl.end().out;
    };
    BOOST_TEST(submit({}) == "{\"id\":7,\"created\":true,\"count\":null,\"warnings\":[]}\n");
    BOOST_TEST(submit({"--key", "mine"}) ==
               "{\"id\":7,\"created\":false,\"count\":null,\"warnings\":[]}\n");
}

BOOST_AUTO_TEST_CASE(a_line_whose_answer_was_lost_is_submitted_and_one_that_was_known_exists) {
    auto batch = [](bool is_lost) {
        peer::Peer daemon;
        // Without our environment its request is small, and comes as a whole.
        Ctl ctl{{.words = {"--socket", daemon.path(), "batch", "-", "--retry-delay", "1ms"},
                 .before = {"/bin/sh", "-c", R"(echo '{"argv": ["true"]}' | env -i "$@")", "sh"}}};
        daemon.accept();
        if (is_lost) {
            await_request(daemon);
            daemon.hang_up();
            daemon.accept();
        }
        daemon.say(knows_the_job());
        return ctl.end().out;
    };
    BOOST_TEST(batch(true) == "submitted  1\nexisting   0\nfailed     0\n");
    BOOST_TEST(batch(false) == "submitted  0\nexisting   1\nfailed     0\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
