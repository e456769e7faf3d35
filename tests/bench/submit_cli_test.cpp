#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/contestants.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/precondition.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::bench {
namespace {

harness::TemporaryDirectory new_folder() {
    auto folder = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-slurm");
    BOOST_TEST_REQUIRE(folder.has_value());
    return *std::move(folder);
}

// A Slurm of scripts in front of PATH, which notes what it is asked for.
class Slurm {
public:
    Slurm() : path_(::getenv("PATH")) {
        install("sinfo", "exit 0");
        install("sbatch", note("sbatch"));
        install("scancel", note("scancel"));
        ::setenv("PATH", (folder_.path() + ":" + path_).c_str(), 1);
    }
    ~Slurm() { ::setenv("PATH", path_.c_str(), 1); }

    // From now on the program fails.
    void fail(const std::string& program) { install(program, note(program) + "; exit 1"); }

    std::vector<std::string> asked() const {
        std::ifstream file{folder_ / "asked"};
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }

private:
    std::string note(const std::string& program) const {
        return "echo " + program + " \"$@\" >> " + folder_ / "asked";
    }
    void install(const std::string& program, const std::string& script) {
        auto file = folder_ / program;
        std::ofstream{file} << "#!/bin/sh\n" << script << "\n";
        ::chmod(file.c_str(), 0700);
    }

    std::string path_;
    harness::TemporaryDirectory folder_ = new_folder();
};

struct Queue {
    Slurm slurm;
    std::unique_ptr<Contestant> sbatch = [] {
        auto made = make_submit_cli({}, "sbatch", {.run = harness::Nanos{1}});
        BOOST_TEST_REQUIRE(made.has_value(), (made ? "" : made.error().message));
        return *std::move(made);
    }();

    // The name that the job of this line has, or by which it cancels; empty: none.
    static std::string name_in(const std::string& line) {
        auto begin = line.find("name=");
        if (begin == std::string::npos) return {};
        begin += 5;
        return line.substr(begin, line.find(' ', begin) - begin);
    }
};

boost::test_tools::assertion_result has_disk(boost::unit_test::test_unit_id unit) {
    return harness::met_or_told(unit, harness::durable_directory().has_value(),
                                "no disk to measure on");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(submit_cli, Queue, *boost::unit_test::precondition(has_disk))

BOOST_AUTO_TEST_CASE(jobs_in_a_real_queue_are_held_and_cancelled_by_a_name_of_their_own) {
    BOOST_TEST(sbatch->run().has_value());
    auto asked = slurm.asked();
    BOOST_TEST_REQUIRE(asked.size() == 2U);
    BOOST_TEST(asked[0].starts_with("sbatch --hold "));
    auto name = name_in(asked[0]);
    BOOST_TEST(name.starts_with("ccd-bench-"));
    BOOST_TEST(name.ends_with("-" + std::to_string(::getpid())));
    BOOST_TEST(asked[1] == "scancel --name=" + name);
    sbatch.reset();
    BOOST_TEST(slurm.asked().size() == 2U);
}

BOOST_AUTO_TEST_CASE(they_are_cancelled_where_a_submit_has_failed_too) {
    slurm.fail("sbatch");
    BOOST_TEST(!sbatch->run().has_value());
    sbatch.reset();
    auto asked = slurm.asked();
    BOOST_TEST_REQUIRE(asked.size() == 2U);
    BOOST_TEST(asked[1] == "scancel --name=" + name_in(asked[0]));
}

BOOST_AUTO_TEST_CASE(jobs_that_cannot_be_cancelled_are_an_error_and_tried_once_more_at_the_end) {
    slurm.fail("scancel");
    auto ran = sbatch->run();
    BOOST_TEST_REQUIRE(!ran.has_value());
    BOOST_TEST(ran.error().message.find("'scancel'") != std::string::npos);
    sbatch.reset();
    BOOST_TEST(slurm.asked().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::bench
