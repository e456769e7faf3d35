// What an executor finds of the attempts that an earlier one has begun.
#include "daemon/exec/finding.h"

#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

struct AdoptionBench : Bench {
    Channel channel{path("channel")};

    std::string record_file(const Attempt& attempt) const {
        return records().folder() + "/" +
               std::string(record_name(label_of(attempt), attempt.nonce).view());
    }
    void change_record(const Attempt& attempt, auto change) {
        Record record = records().read(attempt).value().value();
        change(record);
        write_file(record_file(attempt), {reinterpret_cast<const char*>(&record), sizeof record});
    }
    // An attempt that has ended, and whose end no daemon has heard of.
    Attempt ended_attempt(const std::string& script) {
        Launch job = shell(script);
        BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
        BOOST_REQUIRE(run_shim(records(), job) == 0);
        return job.attempt;
    }
};

BOOST_FIXTURE_TEST_SUITE(finding, AdoptionBench)

BOOST_AUTO_TEST_CASE(a_job_that_ended_meanwhile_keeps_its_exit_code) {
    Attempt attempt = ended_attempt("exit 9");
    replace_executor();
    adopt({{.attempt = attempt, .was_running = true}});
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 9);
}

BOOST_AUTO_TEST_CASE(an_end_tells_when_the_program_was_executed_and_when_it_ended) {
    Attempt attempt = ended_attempt("true");
    change_record(attempt, [](Record& record) {
        record.begun.at = 1'000;
        seal(record.begun);
        record.end.at = 5'000;
        seal(record.end);
    });
    adopt({{.attempt = attempt}});
    Ended ended = await<Ended>(attempt);
    BOOST_TEST((ended.began.value() == WallTime(Millis(1'000))));
    BOOST_TEST((ended.at == WallTime(Millis(5'000))));
}

BOOST_AUTO_TEST_CASE(a_shim_that_could_not_fork_has_not_begun_its_job) {
    Attempt attempt = ended_attempt("true");
    change_record(attempt, [](Record& record) {
        record.begun = {};
        record.end.kind = EndKind::never_began;
        set_padded(record.end.reason, "cannot fork");
        seal(record.end);
    });
    adopt({{.attempt = attempt}});
    BOOST_TEST(await<NeverBegan>(attempt).reason == "cannot fork");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_for_want_of_descriptors_is_not_known) {
    Attempt attempt = ended_attempt("exit 9");
    auto is_unknown = [](const Finding& finding) {
        return std::holds_alternative<Unknown>(finding);
    };
    {
        NoDescriptors shortage;
        BOOST_TEST(is_unknown(find_end(records(), attempt)));
        BOOST_TEST(is_unknown(find_attempt(records(), "boot", {.attempt = attempt})));
    }
    BOOST_TEST(std::get<Ended>(find_end(records(), attempt)).exit_code.value() == 9);
}

BOOST_AUTO_TEST_CASE(a_shim_that_ended_with_its_ticket_unused_has_not_begun_its_job) {
    Attempt attempt = shell("true").attempt;
    BOOST_REQUIRE(records().issue_ticket(attempt).has_value());
    BOOST_TEST(!std::get<NeverBegan>(find_end(records(), attempt)).reason.empty());
}

BOOST_AUTO_TEST_CASE(an_end_that_could_not_be_read_at_once_is_read_later) {
    run(shell("true"));
    Attempt attempt = start(shell("read code < " + channel.path() + "; exit $code"));
    await<Started>(attempt);
    std::optional<NoDescriptors> shortage;
    {
        std::ofstream gate(channel.path());
        shortage.emplace();
        gate << "11\n";
    }
    // Until then it can be asked in vain, and nothing else depends on how often.
    loop::Timer relief(loop(), [&] { shortage.reset(); });
    relief.set(Millis{100});
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 11);
}

BOOST_AUTO_TEST_CASE(the_attempts_of_another_instance_are_left_alone) {
    Launch job = shell("echo $PPID > " + channel.path() + "; read code < " + channel.path() +
                       "; exit $code");
    job.attempt.nonce = "another-1-1";
    Attempt attempt = start(job);
    Stranger shim(channel.read());
    replace_executor();
    Attempt marker = shell("true").attempt;
    adopt({{.attempt = marker}});
    await<NeverBegan>(marker);
    write_file(channel.path(), "7\n");
    shim.wait_until_gone();
    const Record record = records().read(attempt).value().value();
    BOOST_TEST(end_of(record)->value == 7);
    BOOST_TEST(end_of(record)->was_stopped == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_that_could_not_be_started_meanwhile_says_why) {
    Launch job = launch({"no-such-program"});
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    BOOST_REQUIRE(run_shim(records(), job) == 0);
    adopt({{.attempt = job.attempt}});
    NotStarted refused = await<NotStarted>(job.attempt);
    BOOST_TEST(refused.exit_code == 127);
    BOOST_TEST(refused.reason == "cannot run 'no-such-program': not found");
}

BOOST_AUTO_TEST_CASE(a_job_that_still_runs_is_watched_on) {
    Attempt attempt = start(shell("read code < " + channel.path() + "; exit $code"));
    Started first = await<Started>(attempt);
    replace_executor();
    adopt({{.attempt = attempt, .was_running = true}});
    Started again = await<Started>(attempt);
    BOOST_TEST(again.main_pid == first.main_pid);
    BOOST_TEST((again.at == first.at));
    write_file(channel.path(), "11\n");
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 11);
}

BOOST_AUTO_TEST_CASE(a_job_that_still_runs_can_be_stopped) {
    Attempt attempt = start(shell("sleep 1000"));
    await<Started>(attempt);
    replace_executor();
    adopt({{.attempt = attempt, .was_running = true}});
    executor().stop(attempt);  // it has not been found yet
    BOOST_TEST((await<Ended>(attempt).cause == Cause::stop));
}

BOOST_AUTO_TEST_CASE(what_never_began_never_will) {
    Launch job = shell("echo ran > " + path("trace"));
    BOOST_REQUIRE(records().issue_ticket(job.attempt).has_value());
    adopt({{.attempt = job.attempt}});
    await<NeverBegan>(job.attempt);
    BOOST_TEST(run_shim(records(), job) == 3);
    executor().release(job.attempt);
    BOOST_TEST(run_shim(records(), job) == 3);
    BOOST_TEST(read_file(path("trace")) == "");
}

BOOST_AUTO_TEST_CASE(a_promise_of_which_there_is_no_trace_never_began) {
    Attempt attempt = shell("true").attempt;
    adopt({{.attempt = attempt}});
    await<NeverBegan>(attempt);
}

BOOST_AUTO_TEST_CASE(a_job_that_ran_and_of_which_there_is_no_trace_is_lost) {
    Attempt attempt = shell("true").attempt;
    adopt({{.attempt = attempt, .was_running = true}});
    await<Lost>(attempt);
}

BOOST_AUTO_TEST_CASE(a_promise_of_another_boot_is_lost) {
    Attempt attempt = shell("true").attempt;
    adopt({{.attempt = attempt, .is_same_boot = false}});
    await<Lost>(attempt);
}

BOOST_AUTO_TEST_CASE(an_end_is_kept_over_a_boot) {
    Attempt attempt = ended_attempt("exit 9");
    change_record(attempt, [](Record& record) {
        set_padded(record.claim.boot_id, "another");
        seal(record.claim);
    });
    adopt({{.attempt = attempt, .is_same_boot = false, .was_running = true}});
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 9);
}

BOOST_AUTO_TEST_CASE(a_number_that_belongs_to_somebody_else_now_is_not_our_shim) {
    Attempt attempt = ended_attempt("true");
    change_record(attempt, [](Record& record) {
        record.end = {};
        record.claim.shim_pid = getpid();
        seal(record.claim);
    });
    adopt({{.attempt = attempt, .was_running = true}});
    await<Lost>(attempt);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_cut_off_is_no_evidence) {
    Attempt attempt = ended_attempt("true");
    std::string bytes = read_file(record_file(attempt));
    write_file(record_file(attempt), bytes.substr(0, bytes.size() - 1));
    adopt({{.attempt = attempt}});
    await<Lost>(attempt);
}

BOOST_AUTO_TEST_CASE(a_record_of_another_nonce_is_no_evidence) {
    Attempt one = ended_attempt("exit 1");
    Attempt other = shell("true").attempt;
    write_file(record_file(other), read_file(record_file(one)));
    adopt({{.attempt = other}, {.attempt = one}});
    await<Lost>(other);
    BOOST_TEST(await<Ended>(one).exit_code.value() == 1);
}

BOOST_AUTO_TEST_CASE(nobody_expects_it_so_it_is_ended_and_released) {
    Attempt attempt = start(shell("echo $PPID > " + channel.path() + "; sleep 1000"));
    Stranger shim(channel.read());
    replace_executor();
    Attempt ended = ended_attempt("true");
    Attempt marker = shell("true").attempt;
    adopt({{.attempt = marker}});
    await<NeverBegan>(marker);
    shim.wait_until_gone();
    // Its end is seen by the loop some turns later, and is reported to nobody.
    while (records().has_record(attempt) || records().has_record(ended)) run(shell("true"));
    BOOST_TEST(!was_reported(attempt));
    BOOST_TEST(!was_reported(ended));
}

BOOST_AUTO_TEST_CASE(adopting_again_repeats_what_runs) {
    Attempt attempt = start(shell("read code < " + channel.path() + "; exit $code"));
    Started first = await<Started>(attempt);
    adopt({{.attempt = attempt, .was_running = true}});
    BOOST_TEST((await<Started>(attempt).at == first.at));
    write_file(channel.path(), "2\n");
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 2);
    adopt({{.attempt = attempt, .was_running = true}});
    BOOST_TEST(await<Ended>(attempt).exit_code.value() == 2);
}

BOOST_AUTO_TEST_CASE(a_folder_of_records_that_cannot_be_made_is_an_error) {
    write_file(path("file"), "");
    loop::Loop loop;
    ProcessExecutor executor(loop, {.records = path("file") + "/records", .shim = CCD_SHIM},
                             [](const Report&) {});
    BOOST_TEST(!executor.adopt({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
