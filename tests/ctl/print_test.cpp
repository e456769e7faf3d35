#include "ctl/print.h"

#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"
#include "ctl/check.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;

const WallTime noon{Millis{1'772'366'400'000}};

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(a_list_of_names_and_values_leaves_out_what_is_empty) {
    BOOST_TEST(ctl::listing({{"id", "7"}, {"name", ""}, {"state", "queued"}}, {}) ==
               "id     7\n"
               "state  queued\n");
}

BOOST_AUTO_TEST_CASE(the_members_of_a_struct_go_on_in_the_next_line) {
    BOOST_TEST(ctl::listing({{"jobs", "held 0  queued 3  running 2"}}, {.width = 24}) ==
               "jobs  held 0  queued 3\n"
               "      running 2\n");
}

BOOST_AUTO_TEST_CASE(a_reply_without_a_form_of_its_own_is_such_a_list) {
    BOOST_TEST(ctl::print(admin::Drain{}, {.draining = true, .running = 2, .queued = 1}, {}) ==
               "draining  yes\n"
               "running   2\n"
               "queued    1\n");
    BOOST_TEST(ctl::print(host::Ping{}, {}, {}) == "");
}

BOOST_AUTO_TEST_CASE(why_gives_the_blockers_with_their_arithmetic) {
    job::WhyReply reply{.id = 7,
                        .state = job::State::queued,
                        .reason = "needs 20.0 GiB on 1 card",
                        .blockers = {{.kind = "gpu", .message = "needs 20.0 GiB on 1 card"},
                                     {.kind = "slots", .message = "64 of 64 run"}},
                        .position = 3,
                        .estimate = 90s};
    BOOST_TEST(ctl::print(job::Why{}, reply, {}) ==
               "job       7\n"
               "state     queued\n"
               "position  3\n"
               "starts    in about 1m 30s\n"
               "gpu       needs 20.0 GiB on 1 card\n"
               "slots     64 of 64 run\n");
}

BOOST_AUTO_TEST_CASE(why_gives_each_card_a_line) {
    job::WhyReply reply{.id = 7, .state = job::State::queued};
    reply.blockers = {{.kind = "gpu",
                       .message = "needs 20.0 GiB on 1 card; GPU 0 has 4.1 GiB free; GPU 1 has no "
                                  "training slot (job 21)"}};
    BOOST_TEST(ctl::print(job::Why{}, reply, {}) ==
               "job    7\n"
               "state  queued\n"
               "gpu    needs 20.0 GiB on 1 card\n"
               "       GPU 0 has 4.1 GiB free\n"
               "       GPU 1 has no training slot (job 21)\n");
}

BOOST_AUTO_TEST_CASE(why_gives_the_reason_where_nothing_blocks) {
    BOOST_TEST(ctl::print(job::Why{},
                          {.id = 7, .state = job::State::failed, .reason = "exit code 1"}, {}) ==
               "job     7\n"
               "state   failed\n"
               "reason  exit code 1\n");
}

BOOST_AUTO_TEST_CASE(an_event_is_a_line_and_a_heartbeat_is_none) {
    job::Event event{.seq = 12,
                     .time = noon,
                     .job = 7,
                     .from = job::State::running,
                     .to = job::State::failed,
                     .attempt = 2,
                     .reason = "exit code 1"};
    BOOST_TEST(ctl::print(job::Events{}, event, {}) ==
               "2026-03-01T12:00:00.000Z  12  job 7  running -> failed  attempt 2  exit code 1\n");
    event = {.seq = 13, .time = noon, .job = 8, .to = job::State::queued};
    BOOST_TEST(ctl::print(job::Events{}, event, {}) ==
               "2026-03-01T12:00:00.000Z  13  job 8  queued\n");
    BOOST_TEST(ctl::print(job::Events{}, {.seq = 13, .time = noon}, {}) == "");
    BOOST_TEST(ctl::print(job::Events{}, {.seq = 99, .time = noon, .gap = true}, {}) ==
               "2026-03-01T12:00:00.000Z  events up to 99 are missing\n");
}

BOOST_AUTO_TEST_CASE(cards_are_shown_with_a_column_for_each_class_of_slots) {
    host::GpusReply reply{
        .gpus = {
            {.index = 0,
             .uuid = "GPU-0",
             .name = "Emulated",
             .memory = 24_GiB,
             .declared = 8_GiB,
             .slots = {{"inference", {.used = 0, .max = 3}}, {"training", {.used = 1, .max = 1}}},
             .jobs = {17, 18},
             .state = "ok"},
            {.index = 1, .uuid = "GPU-1", .memory = 8_GiB, .state = "paused"}}};
    BOOST_TEST(ctl::print(host::Gpus{}, reply, {}) ==
               "GPU  NAME      STATE     MEMORY  DECLARED  INFERENCE  TRAINING  JOBS    UUID\n"
               "  0  Emulated  ok      24.0 GiB   8.0 GiB        0/3       1/1  17, 18  GPU-0\n"
               "  1            paused   8.0 GiB       0 B                               GPU-1\n");
    BOOST_TEST(ctl::print(host::Gpus{}, {}, {}) == "no cards\n");
}

BOOST_AUTO_TEST_CASE(under_the_cards_stand_the_processes_on_them_and_why_one_is_given_to_nobody) {
    host::GpusReply reply{
        .gpus = {{.index = 0,
                  .uuid = "GPU-0",
                  .memory = 24_GiB,
                  .processes = {{.pid = 4242, .uid = 1001, .user = "bob", .memory = 8090_MiB},
                                {.pid = 4300, .uid = 1000, .user = "alice", .job = 17}},
                  .state = "quarantined",
                  .reason = "job 17 has ended"}}};
    BOOST_TEST(ctl::print(host::Gpus{}, reply, {}) ==
               "GPU  STATE          MEMORY  DECLARED  UUID\n"
               "  0  quarantined  24.0 GiB       0 B  GPU-0\n"
               "\n"
               "GPU   PID  USER       USES  JOB\n"
               "  0  4242  bob    8090 MiB\n"
               "  0  4300  alice             17\n"
               "\n"
               "GPU 0 is quarantined: job 17 has ended\n");
}

BOOST_AUTO_TEST_CASE(health_is_a_word_and_its_parts) {
    host::HealthReply reply{.status = "degraded",
                            .parts = {{.name = "loop", .status = "healthy", .detail = "turns"},
                                      {.name = "store", .status = "degraded", .detail = "full"}}};
    BOOST_TEST(ctl::print(host::Health{}, reply, {}) ==
               "degraded\n"
               "PART   STATUS    DETAIL\n"
               "loop   healthy   turns\n"
               "store  degraded  full\n");
}

BOOST_AUTO_TEST_CASE(figures_are_grouped_by_what_they_are_of) {
    auto text = ctl::print(host::Stats{}, {.memory = 18_MiB, .uptime = 3h}, {.width = 80});
    BOOST_TEST(text.starts_with("jobs      held 0  queued 0"));
    BOOST_TEST(text.find("\nmemory    18.0 MiB\nuptime    3h\n") != text.npos, text);
}

BOOST_AUTO_TEST_CASE(a_batch_is_told_by_its_counts_and_each_error_by_its_line) {
    job::BatchReply reply{.submitted = 2, .failed = 2};
    BOOST_TEST(ctl::print(job::Batch{}, {.submitted = 2}, {}) ==
               "submitted  2\nexisting   0\nfailed     0\n");
    reply.errors = {{.line = 7, .code = "bad-request", .message = "argv is missing"}};
    BOOST_TEST(ctl::print(job::Batch{}, reply, {}) ==
               "submitted  2\nexisting   0\nfailed     2\n"
               "line 7: argv is missing (bad-request)\nand 1 more\n");
}

BOOST_AUTO_TEST_CASE(a_check_that_finds_nothing_says_what_it_has_looked_at) {
    BOOST_TEST(ctl::print(admin::Check{}, {.looked_at = {{"jobs", 3}, {"outputs", 5}}}, {}) ==
               "looked at 3 jobs, 5 outputs\n"
               "all of it fits together\n");
}

BOOST_AUTO_TEST_CASE(the_findings_of_a_check_are_a_table) {
    admin::CheckReply reply{.findings = {{"outputs", "job 3", "nobody has it", true},
                                         {"jobs", "job 7", "it is not on disk", false}},
                            .found = 4,
                            .repaired = 1,
                            .looked_at = {{"jobs", 3}}};
    BOOST_TEST(ctl::print(admin::Check{}, reply, {}) ==
               "looked at 3 jobs\n"
               "PART     SUBJECT  DETAIL             REPAIRED\n"
               "outputs  job 3    nobody has it      yes\n"
               "jobs     job 7    it is not on disk\n"
               "and 2 more\n");
    BOOST_TEST(ctl::exit_code_of(reply) == 1);
    reply.repaired = 4;
    BOOST_TEST(ctl::exit_code_of(reply) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
