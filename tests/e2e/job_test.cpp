// A job from its submit to its end.
#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

std::string every_byte() {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
    return bytes;
}

std::string lines(int count) {
    std::string text;
    for (int line = 1; line <= count; ++line) text += "line " + std::to_string(line) + "\n";
    return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(job_suite, Stage, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(a_job_runs_and_its_exit_code_is_kept) {
    auto good = run(program({"/bin/true"}));
    BOOST_TEST((good.state == job::State::succeeded));
    BOOST_TEST(good.exit_code.value_or(-1) == 0);
    BOOST_TEST(good.attempt == 1U);
    BOOST_TEST_REQUIRE((good.started_at && good.finished_at));
    BOOST_TEST((good.submitted_at <= *good.started_at));
    BOOST_TEST((*good.started_at <= *good.finished_at));

    auto bad = run(shell("exit 7"));
    BOOST_TEST((bad.state == job::State::failed));
    BOOST_TEST(bad.exit_code.value_or(-1) == 7);
    BOOST_TEST(bad.reason.value_or("").find('7') != std::string::npos);
    BOOST_TEST(ctl({"wait", std::to_string(bad.id)}).code == 7);
}

BOOST_AUTO_TEST_CASE(a_signal_that_ended_a_job_is_kept) {
    auto job = run(shell("kill -SEGV $$"));
    BOOST_TEST((job.state == job::State::failed));
    BOOST_TEST(job.signal.value_or(0) == SIGSEGV);
    BOOST_TEST(!job.exit_code.has_value());
    BOOST_TEST(ctl({"wait", std::to_string(job.id)}).code == 128 + SIGSEGV);
}

BOOST_AUTO_TEST_CASE(the_id_alone_is_printed_and_the_exit_code_passed_on) {
    auto submitted = ctl({"submit", "--", "/bin/sh", "-c", "exit 3"});
    BOOST_TEST(submitted.code == 0);
    BOOST_TEST(submitted.out == "1\n");
    BOOST_TEST(submitted.err == "");
    BOOST_TEST(ctl({"wait", "1"}).code == 3);
    BOOST_TEST(ctl({"submit", "--wait", "--", "/bin/sh", "-c", "exit 4"}).code == 4);
    BOOST_TEST(ctl({"wait", "1", "2"}).code == 1);
}

BOOST_AUTO_TEST_CASE(what_follows_the_program_is_never_parsed) {
    std::vector<std::string> argv{"/usr/bin/printf", "[%s]", "--wait", "a b",
                                  "$HOME",           "*",    "",       "\"'\\"};
    auto words = argv;
    words.insert(words.begin(), {"submit", "--"});
    BOOST_TEST(ctl(words).code == 0);
    wait(1);
    BOOST_TEST(log(1) == "[--wait][a b][$HOME][*][][\"'\\]");
    BOOST_TEST((status(1).argv == argv));
}

BOOST_AUTO_TEST_CASE(output_is_kept_byte_for_byte) {
    write_file(path("bytes"), every_byte());
    auto job = run(shell("cat bytes; cat bytes >&2")).id;
    BOOST_TEST((log(job) == every_byte() + every_byte()));
    auto printed = ctl({"logs", std::to_string(job)});
    BOOST_TEST(printed.code == 0);
    BOOST_TEST((printed.out == every_byte() + every_byte()));
}

BOOST_AUTO_TEST_CASE(the_tail_of_an_output_is_its_last_lines) {
    write_file(path("lines"), lines(1'000));
    auto job = std::to_string(run(program({"/bin/cat", "lines"})).id);
    BOOST_TEST(ctl({"logs", job, "--tail", "2"}).out == "line 999\nline 1000\n");
    BOOST_TEST(ctl({"logs", job, "--tail", "0"}).out == "");
    BOOST_TEST((ctl({"logs", job, "--tail", "5000"}).out == lines(1'000)));
}

BOOST_AUTO_TEST_CASE(a_running_job_is_followed_to_its_end) {
    Pipe gate{path("gate")};
    auto job = submit(shell("echo first; read go < gate; echo second; exit 5"));
    Ctl follower{line({"logs", std::to_string(job), "--follow"})};
    BOOST_TEST(follower.hear("first\n") == "first\n");
    BOOST_TEST((status(job).state == job::State::running));
    gate.let_go();
    auto ran = follower.end();
    BOOST_TEST(ran.out == "first\nsecond\n");
    BOOST_TEST(ran.code == 0);
}

BOOST_AUTO_TEST_CASE(a_submit_that_follows_prints_the_output_and_passes_the_exit_code_on) {
    auto ran = ctl({"submit", "--follow", "--", "/bin/sh", "-c", "echo out; echo err >&2; exit 6"});
    BOOST_TEST(ran.code == 6);
    BOOST_TEST(ran.out == "out\nerr\n");
}

BOOST_AUTO_TEST_CASE(a_job_is_where_and_as_its_submitter_was) {
    auto asked = shell("pwd; umask");
    asked.umask = 027;
    BOOST_TEST(log(run(asked).id) == asked.cwd + "\n0027\n");
}

BOOST_AUTO_TEST_CASE(standard_input_is_empty_or_the_file_that_is_named) {
    auto asked = shell("readlink /proc/$$/fd/0; wc -c");
    BOOST_TEST(log(run(asked).id) == "/dev/null\n0\n");
    write_file(path("input"), "12345");
    asked.stdin_file = path("input");
    BOOST_TEST(log(run(asked).id) == path("input") + "\n5\n");
}

BOOST_AUTO_TEST_CASE(a_job_has_three_descriptors_and_no_more) {
    auto asked = shell(
        "n=0; while [ $n -lt 1024 ]; do [ -e /proc/$$/fd/$n ] && echo $n; "
        "n=$((n + 1)); done");
    BOOST_TEST(log(run(asked).id) == "0\n1\n2\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_has_a_code_and_the_log_says_why) {
    auto missing = run(program({"/no/such/program"}));
    BOOST_TEST((missing.state == job::State::failed));
    BOOST_TEST(missing.exit_code.value_or(0) == 127);
    BOOST_TEST(last_line(log(missing.id)).find("/no/such/program") != std::string::npos);
    BOOST_TEST(last_line(log(missing.id)).find("not found") != std::string::npos);

    write_file(path("plain"), "no program");
    auto plain = run(program({path("plain")}));
    BOOST_TEST(plain.exit_code.value_or(0) == 126);
    BOOST_TEST(last_line(log(plain.id)).find("not executable") != std::string::npos);

    auto asked = program({"/bin/cat"});
    asked.stdin_file = path("nothing");
    auto no_input = run(asked);
    BOOST_TEST(no_input.exit_code.value_or(0) == 125);
    BOOST_TEST(last_line(log(no_input.id)).find(path("nothing")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_gone_at_the_start_is_named) {
    auto asked = program({"/bin/true"});
    asked.cwd = path("gone");
    auto job = run(asked);
    BOOST_TEST((job.state == job::State::failed));
    BOOST_TEST(job.exit_code.value_or(0) == 125);
    BOOST_TEST(last_line(log(job.id)).find(path("gone")) != std::string::npos);
    BOOST_TEST(job.reason.value_or("").find(path("gone")) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_makes_a_lost_reply_harmless) {
    auto asked = shell("echo ran >> ran");
    asked.key = "once";
    for (int i = 0; i < 20; ++i) {
        // Closed before the reply is read, and perhaps before the request is.
        auto client = connect();
        BOOST_TEST_REQUIRE(client.send<job::Submit>(asked).has_value());
    }
    auto reply = call<job::Submit>(asked);
    auto again = call<job::Submit>(asked);
    BOOST_TEST(again.id == reply.id);
    BOOST_TEST(!again.created);
    wait(reply.id);
    BOOST_TEST(call<job::Submit>(asked).id == reply.id);
    BOOST_TEST(call<job::List>().total == 1U);
    BOOST_TEST(read_file(path("ran")) == "ran\n");

    asked.argv.back() = "echo other";
    BOOST_TEST((refuse<job::Submit>(asked).code == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(who_waits_for_any_is_answered_by_the_first_end) {
    auto long_one = submit(endless());
    auto short_one = submit(program({"/bin/true"}));
    auto any = call<job::Wait>({.ids = {long_one, short_one}, .any = true});
    BOOST_TEST_REQUIRE(any.jobs.size() == 2U);
    BOOST_TEST(!job::is_final(any.jobs[0].state));
    BOOST_TEST((any.jobs[1].state == job::State::succeeded));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
