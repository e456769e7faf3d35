#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/harness/child.h"
#include "tests/harness/error.h"
#include "tests/stress/batch_file.h"
#include "tests/stress/check.h"
#include "tests/stress/scenario.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using harness::Child;
using Json = nlohmann::json;

// As in the seed, and what ccctl does if nothing is said.
constexpr std::size_t batch_size = 100;
constexpr auto delay = "10ms";
constexpr auto retries = "3";
constexpr auto retry_delay = "1s";

constexpr std::size_t batches = 10;
constexpr std::size_t broken_every = 40;      // line
constexpr std::uint32_t page_size = 1'000;    // jobs
constexpr std::size_t interrupted_after = 3;  // batches

Result<harness::Program> ccctl_batch(const Ground& ground, const std::string& file,
                                     const std::string& output) {
    auto ccctl = CCD_TRY(harness::find_beside_us("ccctl", "CCCTL_BIN"));
    return harness::Program{.argv = {ccctl, "--socket", ground.socket, "--json", "batch", file,
                                     "--batch-size", std::to_string(batch_size), "--delay", delay,
                                     "--retries", retries, "--retry-delay", retry_delay},
                            .environment = {},
                            .output = output};
}

// What a whole run said.
struct Ran {
    int status = 0;
    std::size_t submitted = 0;
    std::size_t existing = 0;
    std::size_t failed = 0;
    std::vector<std::uint64_t> error_lines;
};

Result<Ran> run_batch(const Ground& ground, const std::string& file) {
    auto output = ground.directory + "/" + fresh_word();
    auto program = CCD_TRY(ccctl_batch(ground, file, output));
    Ran ran{.status = CCD_TRY(harness::run(program)), .error_lines = {}};
    std::ifstream stream{output};
    auto json = Json::parse(stream, nullptr, false);
    if (json.is_discarded() || !json.contains("errors"))
        return failure(Errc::internal, "ccctl batch ended with " +
                                           harness::describe_status(ran.status) +
                                           " and no reply that is JSON");
    ran.submitted = json.value("submitted", std::size_t{0});
    ran.existing = json.value("existing", std::size_t{0});
    ran.failed = json.value("failed", std::size_t{0});
    for (const auto& error : json["errors"])
        ran.error_lines.push_back(error.value("line", std::uint64_t{0}));
    return ran;
}

std::string told(const Ran& ran) {
    return fmt::format("{} submitted, {} existing, {} failed, {}", ran.submitted, ran.existing,
                       ran.failed, harness::describe_status(ran.status));
}

// How many jobs each line of the file has become, by its number.
using Found = std::map<std::size_t, std::size_t>;

Result<Found> find_jobs(Client& client, const BatchFile& file,
                        std::vector<job::Id>* ids = nullptr) {
    Found found;
    job::ListRequest request{
        .state = {}, .user = {}, .tag = file.mark(), .limit = page_size, .before = {}};
    for (;;) {
        auto page = CCD_TRY(client.call<job::List>(request)).jobs;
        for (const auto& view : page) {
            ++found[BatchFile::line_of(view.argv.value_or(std::vector<std::string>{}))];
            if (ids) ids->push_back(view.id);
        }
        if (page.size() < page_size) return found;
        request.before = page.back().id;
    }
}

// A pipe that the first lines are in, and no end: whoever reads it is in the middle of his file.
Result<UniqueFd> begin_pipe(const std::string& path, const std::string& text) {
    if (::mkfifo(path.c_str(), 0600) != 0) return harness::failure_from(errno, "no pipe");
    UniqueFd pipe{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!pipe || ::write(pipe.get(), text.data(), text.size()) != std::ssize(text))
        return harness::failure_from(errno, "cannot fill a pipe");
    return pipe;
}

// ccctl is killed when it has submitted some batches and waits for more lines.
Result<void> kill_ccctl(const Ground& ground, Client& client, Report& report,
                        const BatchFile& file) {
    auto path = ground.directory + "/" + fresh_word();
    auto count = interrupted_after * batch_size;
    auto pipe = CCD_TRY(begin_pipe(path, file.beginning(count)));
    auto command = CCD_TRY(ccctl_batch(ground, path, path + ".out"));
    auto program = CCD_TRY(Child::start(command));
    auto are_submitted = [&]() -> Result<bool> {
        if (auto status = program.wait(Millis{0}))
            return failure(Errc::internal, "ccctl ended with " + harness::describe_status(*status));
        return CCD_TRY(find_jobs(client, file)).size() == file.good_among(count);
    };
    CCD_TRY(wait_until("some lines are jobs", are_submitted));
    program.kill();
    report.end_step("kill ccctl in the middle", true,
                    fmt::format("after {} of {} lines", count, file.size()));
    return {};
}

// From the first line on: what is a job is found, the rest is submitted, what is broken is named.
Result<void> run_whole(const Ground& ground, Report& report, const BatchFile& file,
                       const std::string& path, std::size_t existing) {
    auto ran = CCD_TRY(run_batch(ground, path));
    bool is_right = ran.existing == existing && ran.submitted + ran.existing == file.good() &&
                    WIFEXITED(ran.status) &&
                    WEXITSTATUS(ran.status) == (file.broken().empty() ? 0 : 1);
    report.end_step("run the same file again: only what was missing is submitted", is_right,
                    told(ran));
    report.end_step("every broken line is named, and no other",
                    ran.error_lines == file.broken() && ran.failed == file.broken().size(),
                    fmt::format("{} lines", ran.error_lines.size()));
    report.tally.operations += file.size();
    return {};
}

// While its lines are on the way. Whether ccctl outlasts it or gives up, another run does the rest.
Result<void> kill_daemon(const Ground& ground, Report& report, const BatchFile& file,
                         const std::string& path) {
    auto command = CCD_TRY(ccctl_batch(ground, path, path + ".out"));
    auto program = CCD_TRY(Child::start(command));
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    std::size_t before = 0;
    auto are_under_way = [&]() -> Result<bool> {
        before = CCD_TRY(find_jobs(client, file)).size();
        return before >= interrupted_after * batch_size;
    };
    CCD_TRY(wait_until("some lines are jobs", are_under_way));
    ground.daemon->kill();
    CCD_TRY(ground.daemon->restart());
    auto status = program.wait(patience);
    if (!status) return failure(Errc::timeout, "ccctl has not ended");
    report.end_step("kill the daemon in the middle", true,
                    fmt::format("after {} of {} lines; ccctl ended with {}", before, file.size(),
                                harness::describe_status(*status)));
    auto ran = CCD_TRY(run_batch(ground, path));
    report.end_step(
        "run it again: all lines are jobs",
        ran.status == 0 && ran.existing >= before && ran.submitted + ran.existing == file.good(),
        told(ran));
    report.tally.operations += file.size();
    return {};
}

Result<void> check_jobs(Client& client, Report& report, const BatchFile& file) {
    std::vector<job::Id> ids;
    auto found = CCD_TRY(find_jobs(client, file, &ids));
    auto twice = std::ranges::count_if(found, [](const auto& entry) { return entry.second > 1; });
    report.end_step(
        "every good line is one job, and none is two",
        found.size() == file.good() && ids.size() == file.good(),
        fmt::format("{} jobs of {} lines, {} of them twice", ids.size(), found.size(), twice));
    return cancel_all(client, ids);
}

}  // namespace

Result<void> submit_batches(const Ground& ground, Report& report) {
    auto size = batches * batch_size * ground.scale;
    BatchFile file{size, broken_every, fresh_word()};
    auto path = ground.directory + "/" + file.mark();
    CCD_TRY(file.write(path));
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    CCD_TRY(kill_ccctl(ground, client, report, file));
    CCD_TRY(run_whole(ground, report, file, path, file.good_among(interrupted_after * batch_size)));
    CCD_TRY(run_whole(ground, report, file, path, file.good()));
    CCD_TRY(check_jobs(client, report, file));
    if (!ground.daemon) {
        report.end_step("kill the daemon: left out, it is not ours", true);
        return {};
    }
    BatchFile other{size, 0, fresh_word()};
    path = ground.directory + "/" + other.mark();
    CCD_TRY(other.write(path));
    CCD_TRY(kill_daemon(ground, report, other, path));
    client = CCD_TRY(Client::open(ground.socket, patience));
    return check_jobs(client, report, other);
}

}  // namespace ccd::stress
