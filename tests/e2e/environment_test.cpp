// What a job finds in its environment.
#include <boost/test/unit_test.hpp>
#include <set>
#include <sstream>

#include "tests/e2e/stage.h"

namespace ccd::e2e {
namespace {

using Entries = std::multiset<std::string>;

struct TwoCards : Stage {
    TwoCards() : Stage({.cards = 2, .values = {}}) {}

    // The environment of a job that prints it.
    Entries environment_of(const job::SubmitRequest& request) {
        auto text = log(run(request).id);
        Entries entries;
        for (std::size_t at = 0; at < text.size();) {
            auto end = std::min(text.find('\0', at), text.size());
            entries.insert(text.substr(at, end - at));
            at = end + 1;
        }
        return entries;
    }

    job::SubmitRequest printing(std::vector<std::string> environment) {
        auto request = program({"/usr/bin/env", "-0"});
        request.env = std::move(environment);
        return request;
    }

    // What ccd itself says to job `id`, by name.
    Entries own(int id, const std::string& job_class, const std::string& indices,
                const std::string& uuids) {
        auto instance = read_file(daemon().directory() + "/state/instance");
        auto number = std::to_string(id);
        return {"CCD_JOB_ID=" + number, "CCD_ATTEMPT=1", "CCD_SOCKET=" + daemon().socket(),
                "CCD_CLASS=" + job_class, "CCD_GPUS=" + indices, "CUDA_VISIBLE_DEVICES=" + uuids,
                "CUDA_DEVICE_ORDER=PCI_BUS_ID",
                // By this its descendants are known.
                "CCD_JOB_NONCE=" + instance.substr(0, instance.find('\n')) + "-" + number + "-1"};
    }
};

Entries operator+(Entries all, const Entries& more) {
    all.insert(more.begin(), more.end());
    return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(environment, TwoCards, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(a_job_has_the_environment_of_its_submit_and_what_ccd_adds) {
    Entries given{"PATH=/usr/bin", "EMPTY=", "TEXT=a b\nc=d", "LANG=C.UTF-8"};
    auto found = environment_of(printing({given.begin(), given.end()}));
    BOOST_TEST(found == given + own(1, "cpu", "", ""), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_ccd_says_is_not_overruled_by_the_submitter) {
    auto found = environment_of(
        printing({"CCD_JOB_ID=7", "CCD_ATTEMPT=9", "CCD_SOCKET=/x", "CCD_CLASS=x", "CCD_GPUS=3",
                  "CCD_JOB_NONCE=x", "CUDA_VISIBLE_DEVICES=GPU-0", "CUDA_DEVICE_ORDER=x"}));
    BOOST_TEST(found == own(1, "cpu", "", ""), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_job_with_cards_is_told_which) {
    auto request = printing({});
    request.gpu = {"1"};
    BOOST_TEST(environment_of(request) == own(1, "training", "1", "GPU-1"),
               boost::test_tools::per_element());
    request.gpu = {};
    request.gpus = 2;
    request.job_class = job::Class::inference;
    BOOST_TEST(environment_of(request) == own(2, "inference", "0,1", "GPU-0,GPU-1"),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_command_line_passes_its_own_environment_on) {
    auto with_own = line({"submit", "--wait", "--env", "MINE=2", "--", "/usr/bin/env"});
    with_own.environment.insert(with_own.environment.end(), {"MINE=1", "OURS=3"});
    BOOST_TEST(run_ctl(with_own).code == 0);
    auto text = "\n" + log(1);
    BOOST_TEST(text.find("\nMINE=2\n") != std::string::npos);
    BOOST_TEST(text.find("\nMINE=1\n") == std::string::npos);
    BOOST_TEST(text.find("\nOURS=3\n") != std::string::npos);

    auto clean =
        line({"submit", "--wait", "--clean-env", "--env", "MINE=2", "--", "/usr/bin/env", "-0"});
    BOOST_TEST(run_ctl(clean).code == 0);
    BOOST_TEST(log(2).find("PATH=") == std::string::npos);
    BOOST_TEST(log(2).find("MINE=2") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::e2e
