#include "daemon/exec/misstarts.h"

#include <boost/test/unit_test.hpp>

namespace ccd::exec {
namespace {

using Verdict = Misstarts::Verdict;
using Reason = Misstarts::Reason;

struct Trial {
    Misstarts misstarts{Millis{1'000}};

    Misstarts::Judged judge(job::Id job, std::uint32_t uid, const std::string& why = "status 203",
                            Reason reason = Reason::any) {
        return misstarts.judge(job, uid, why, reason);
    }
};

BOOST_FIXTURE_TEST_SUITE(misstarts, Trial)

BOOST_AUTO_TEST_CASE(a_job_alone_is_put_off_longer_each_time_and_given_up_in_the_end) {
    for (auto pause : {1'000, 2'000, 4'000, 8'000, 16'000}) {
        auto judged = judge(1, 1000);
        BOOST_TEST((judged.verdict == Verdict::put_off));
        BOOST_TEST((judged.pause == Millis{pause}));
    }
    BOOST_TEST((judge(1, 1000).verdict == Verdict::give_up));
}

BOOST_AUTO_TEST_CASE(the_many_jobs_of_one_user_hold_up_nobody_else) {
    BOOST_TEST((judge(1, 1000).verdict == Verdict::put_off));
    for (job::Id job = 2; job <= 1'000; ++job)
        BOOST_TEST((judge(job, 1000).verdict == Verdict::put_off_user));
    BOOST_TEST((judge(1, 1000).verdict == Verdict::put_off_user));
    BOOST_TEST((judge(1, 1000, "status 219").verdict == Verdict::put_off));
}

BOOST_AUTO_TEST_CASE(what_has_begun_clears_its_user_too) {
    judge(1, 1000);
    judge(2, 1000);
    misstarts.begun(7);
    BOOST_TEST((judge(2, 1000).verdict == Verdict::put_off));
}

BOOST_AUTO_TEST_CASE(what_fails_for_two_users_alike_is_the_machines) {
    judge(1, 1000);
    BOOST_TEST((judge(2, 1001).verdict == Verdict::machine));
    BOOST_TEST((judge(1, 1000).verdict == Verdict::machine));
    BOOST_TEST((judge(3, 1000, "status 219").verdict == Verdict::put_off));
}

BOOST_AUTO_TEST_CASE(what_has_begun_clears_the_machine) {
    judge(1, 1000);
    misstarts.begun(7);
    BOOST_TEST((judge(2, 1001).verdict == Verdict::put_off));
}

BOOST_AUTO_TEST_CASE(a_job_that_has_begun_has_all_its_tries_again) {
    for (int tries = 0; tries < 3; ++tries) judge(1, 1000);
    misstarts.begun(1);
    BOOST_TEST((judge(1, 1000).pause == Millis{1'000}));
}

BOOST_AUTO_TEST_CASE(a_reason_that_passes_is_waited_for_without_end) {
    auto is_about = [&](job::Id job, std::uint32_t uid) {
        return judge(job, uid, "the directory", Reason::passing);
    };
    for (int tries = 0; tries < 100; ++tries)
        BOOST_TEST((is_about(1, 1000).verdict == Verdict::put_off_user));
    BOOST_TEST((is_about(1, 1000).pause == Millis{30'000}));
    BOOST_TEST((is_about(2, 1001).verdict == Verdict::put_off_user));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
