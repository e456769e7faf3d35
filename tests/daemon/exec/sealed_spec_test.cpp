#include "daemon/exec/sealed_spec.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/exec/spec.h"
#include "tests/daemon/exec/bench.h"

namespace ccd::exec {
namespace {

BOOST_FIXTURE_TEST_SUITE(sealed_spec, Bench)

BOOST_AUTO_TEST_CASE(nobody_can_change_it) {
    Result<UniqueFd> memory = seal_spec(shell("true"), "boot");
    BOOST_REQUIRE(memory.has_value());
    BOOST_TEST(pwrite(memory->get(), "x", 1, 0) == -1);
    BOOST_TEST(ftruncate(memory->get(), 0) == -1);
    BOOST_TEST(ftruncate(memory->get(), 1 << 20) == -1);
}

BOOST_AUTO_TEST_CASE(what_the_parser_would_refuse_is_not_sealed) {
    std::vector<Launch> bad(5, shell("true"));
    bad[0].argv.clear();
    bad[1].attempt.nonce = "a/b";
    bad[2].cwd = std::string("/a\0b", 4);
    bad[3].umask = 01000;
    bad[4].stop_grace = Millis(-1);
    for (const Launch& launch : bad) {
        Result<UniqueFd> memory = seal_spec(launch, "boot");
        BOOST_REQUIRE(!memory.has_value());
        BOOST_TEST((memory.error().code == Errc::bad_request));
    }
}

BOOST_AUTO_TEST_CASE(more_than_the_limit_is_refused_as_over_the_limit) {
    Launch launch = shell("true");
    launch.environment.push_back(std::string(spec_limit, 'x'));
    BOOST_TEST((seal_spec(launch, "boot").error().code == Errc::over_limit));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
