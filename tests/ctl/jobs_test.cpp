#include <boost/test/unit_test.hpp>
#include <sstream>

#include "ctl/display.h"
#include "ctl/print.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;
using job::State;

const WallTime noon{Millis{1'772'366'400'000}};

job::View plain(job::Id id, State state) {
    return {.id = id,
            .user = "alice",
            .uid = 1000,
            .state = state,
            .priority = 5,
            .argv = std::vector<std::string>{"sleep", "60"},
            .submitted_at = noon - 60s};
}

std::vector<job::View> varied() {
    auto training = plain(17, State::running);
    training.name = "a training with a long name";
    training.job_class = job::Class::training;
    training.gpu_count = 2;
    training.started_at = noon - 30s;
    training.argv = std::vector<std::string>{"python3", "train.py", "--epochs",
                                             "3",       "--data",   "/srv/data/set with blanks"};
    auto waiting = plain(18, State::queued);
    waiting.priority = 3;
    waiting.reason = "gpu: needs 20.0 GiB on 1 card; GPU 0 has 4.1 GiB free";
    auto others = plain(19, State::failed);
    others.user = "bob";
    others.uid = 1001;
    others.exit_code = 1;
    others.argv.reset();
    return {training, waiting, others};
}

ctl::Look look(std::size_t width) {
    return {.width = width, .now = noon, .uid = 1000};
}

BOOST_AUTO_TEST_SUITE(jobs)

BOOST_AUTO_TEST_CASE(columns_appear_only_when_a_row_needs_them) {
    BOOST_TEST(ctl::print_jobs({plain(1, State::queued), plain(2, State::queued)}, look(80)) ==
               "ID  STATE   TIME  COMMAND\n"
               " 1  queued    1m  sleep 60\n"
               " 2  queued    1m  sleep 60\n");
    auto text = ctl::print_jobs({plain(1, State::queued)}, look(80));
    for (auto title : {"NAME", "USER", "CLASS", "PRIO", "GPUS", "REASON"})
        BOOST_TEST(text.find(title) == text.npos, title);
}

BOOST_AUTO_TEST_CASE(attempts_pools_and_ends_are_told_of_jobs_that_have_them) {
    auto again = plain(7, State::failed);
    again.attempt = 2;
    again.max_retries = 3;
    again.pool = "etl";
    again.exit_code = 3;
    again.started_at = noon - 50s;
    again.finished_at = noon - 20s;
    BOOST_TEST("\n" + ctl::print_jobs({again, plain(6, State::succeeded)}, look(100)) == R"(
ID  STATE       TRY  POOL  TIME    ENDED  COMMAND
 7  failed (3)  2/4  etl    30s  20s ago  sleep 60
 6  succeeded                             sleep 60
)");
}

BOOST_AUTO_TEST_CASE(those_that_run_stand_apart_from_those_that_wait) {
    auto running = plain(17, State::running);
    running.started_at = noon - 30s;
    BOOST_TEST("\n" + ctl::print_unfinished(
                          {.jobs = {running, plain(18, State::queued)}, .total = 2}, look(80)) ==
               R"(
ID  STATE    TIME  COMMAND
running: 1
17  running   30s  sleep 60
waiting: 1
18  queued     1m  sleep 60
)");
    BOOST_TEST(
        "\n" + ctl::print_unfinished({.jobs = {plain(18, State::held)}, .total = 600}, look(80)) ==
        R"(
ID  STATE  TIME  COMMAND
waiting: 600
18  held     1m  sleep 60
1 of 600 jobs
)");
    BOOST_TEST(ctl::print_unfinished({.jobs = {running}, .total = 1}, look(80)).find("waiting") ==
               std::string::npos);
    BOOST_TEST(ctl::print_unfinished({}, look(80)) == "no jobs\n");
}

BOOST_AUTO_TEST_CASE(at_200_columns_everything_is_shown) {
    BOOST_TEST("\n" + ctl::print_jobs(varied(), look(200)) == R"(
ID  NAME                         USER   CLASS     STATE       PRIO  GPUS  TIME  REASON                                                 COMMAND
17  a training with a long name  alice  training  running        5     2   30s                                                         python3 train.py --epochs 3 --data '/srv/data/set with blanks'
18                               alice  cpu       queued         3          1m  gpu: needs 20.0 GiB on 1 card; GPU 0 has 4.1 GiB free  sleep 60
19                               bob    cpu       failed (1)     5
)");
}

BOOST_AUTO_TEST_CASE(at_80_columns_long_texts_are_cut) {
    BOOST_TEST("\n" + ctl::print_jobs(varied(), look(80)) == R"(
ID  NAME           USER   STATE       TIME  REASON                COMMAND
17  a training w…  alice  running      30s                        python3 train…
18                 alice  queued        1m  gpu: needs 20.0 GiB…  sleep 60
19                 bob    failed (1)
)");
}

BOOST_AUTO_TEST_CASE(at_40_columns_only_what_matters_most_is_left) {
    BOOST_TEST("\n" + ctl::print_jobs(varied(), look(40)) == R"(
ID  STATE       REASON
17  running
18  queued      gpu: needs 20.0 GiB on …
19  failed (1)
)");
}

BOOST_AUTO_TEST_CASE(a_job_alone_is_told_with_all_that_is_known) {
    BOOST_TEST("\n" + ctl::print_job(varied()[0], look(80)) == R"(
id            17
name          a training with a long name
user          alice
uid           1000
class         training
state         running
priority      5
argv          python3 train.py --epochs 3 --data '/srv/data/set with blanks'
gpu_count     2
attempt       0
submitted_at  2026-03-01T11:59:00.000Z
started_at    2026-03-01T11:59:30.000Z
)");
    auto limited = plain(20, State::queued);
    limited.time_limit = 90min;
    limited.after_any = {17, 18};
    limited.array = 19;
    limited.array_index = 4;
    limited.array_limit = 2;
    auto text = ctl::print_job(limited, look(80));
    for (auto line : {"time_limit    1h 30m\n", "after_any     17, 18\n", "array_limit   2\n"})
        BOOST_TEST(text.find(line) != text.npos, line << " is not in\n" << text);
}

BOOST_AUTO_TEST_CASE(it_says_where_not_all_are_shown) {
    BOOST_TEST(ctl::print(job::List{}, {.jobs = {plain(1, State::held)}, .total = 9}, look(80))
                   .ends_with("\n1 of 9 jobs\n"));
    BOOST_TEST(ctl::print(job::Status{}, {.jobs = {}, .total = 0}, look(80)) == "no jobs\n");
}

BOOST_AUTO_TEST_CASE(every_line_fits_its_terminal) {
    for (std::size_t width : {40U, 80U, 200U}) {
        std::istringstream lines{ctl::print_jobs(varied(), look(width))};
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count)
            BOOST_TEST(ctl::display_width(line) <= width, line);
        BOOST_TEST(count == 4U);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
