#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>

#include "tests/harness/child.h"
#include "tests/stress/body.h"
#include "tests/stress/check.h"
#include "tests/stress/crowd.h"
#include "tests/stress/gate.h"
#include "tests/stress/scenario.h"
#include "tests/stress/submits.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t readers = 100;
constexpr std::size_t reads_each = 10;
constexpr double least_rate = 100;  // reads a second, as in the seed
constexpr std::size_t outputs = 10;
constexpr std::size_t output_size = 65'537;
constexpr std::size_t followed_jobs = 4;
constexpr std::size_t followers_each = 4;
constexpr std::size_t ending_readers = 10;
constexpr std::size_t ending_jobs_each = 3;

// A job prints the text of its seed.
job::SubmitRequest printing_job(std::uint64_t seed, const std::string& gate = {}) {
    return job_of(argv_of(Printing{.seed = seed, .size = output_size, .gate = gate}));
}

// What there is by now, read through the descriptor that came with a reply.
std::optional<std::string> read_output(std::vector<UniqueFd> descriptors) {
    struct stat status {};
    if (descriptors.size() != 1 || ::fstat(descriptors[0].get(), &status) != 0) return std::nullopt;
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    auto size = ::pread(descriptors[0].get(), text.data(), text.size(), 0);
    if (size < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Outputs of jobs that have ended; the seed of each is its place.
Result<std::vector<job::Id>> make_outputs(const Ground& ground, Report& report) {
    std::vector<job::SubmitRequest> requests;
    for (std::size_t seed = 0; seed < outputs; ++seed) requests.push_back(printing_job(seed));
    auto ids = CCD_TRY(submit_all(ground, report, requests));
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    end_successes(report, "make what is read", CCD_TRY(wait_for_all(client, ids)));
    return ids;
}

void read_all(const Ground& ground, Report& report, const std::vector<job::Id>& ids) {
    std::vector<std::string> texts;
    for (std::size_t seed = 0; seed < ids.size(); ++seed)
        texts.push_back(printed(seed, output_size));
    std::atomic<std::size_t> wrong{0};
    auto began = std::chrono::steady_clock::now();
    auto tally =
        crowd(ground.socket, readers * ground.scale, [&](std::size_t number, Visitor& visitor) {
            for (std::size_t i = 0; i < reads_each; ++i) {
                auto which = (number + i) % ids.size();
                auto reply = visitor.ask<job::Logs>({.id = ids[which], .attempt = {}});
                if (reply && read_output(visitor.take_descriptors()) != texts[which]) ++wrong;
            }
        });
    auto elapsed = harness::seconds_of(std::chrono::steady_clock::now() - began);
    auto rate = static_cast<double>(tally.operations) / elapsed;
    end_requests(report, "logs", tally);
    report.end_step("every output comes whole and unchanged, by descriptor", wrong == 0,
                    fmt::format("{} of {} did not", wrong.load(), tally.operations));
    report.remark = fmt::format("{:.0f} outputs/s", rate);
    report.end_step("100 outputs a second and more", rate > least_rate, report.remark);
}

// `ccctl logs --follow` of one job, into a file.
struct Follower {
    std::uint64_t seed;
    std::string output;
    harness::Child program;
};

Result<std::vector<Follower>> follow(const Ground& ground, const std::vector<job::Id>& ids) {
    auto ccctl = CCD_TRY(harness::find_beside_us("ccctl", "CCCTL_BIN"));
    std::vector<Follower> followers;
    for (std::size_t i = 0; i < followers_each * ids.size(); ++i) {
        auto seed = i % ids.size();
        auto output = ground.directory + "/" + fresh_word();
        auto program =
            CCD_TRY(harness::Child::start({.argv = {ccctl, "--socket", ground.socket, "logs",
                                                    std::to_string(ids[seed]), "--follow"},
                                           .environment = {},
                                           .output = output}));
        followers.push_back({seed, std::move(output), std::move(program)});
    }
    return followers;
}

std::optional<std::string> check_follower(Follower& follower) {
    auto status = follower.program.wait(patience);
    if (!status) return "one has not ended with its job";
    if (*status != 0) return "one ended with " + harness::describe_status(*status);
    if (read_file(follower.output) != printed(follower.seed, output_size))
        return "one showed something else than what was printed";
    return std::nullopt;
}

// All of them have shown one half before the other is printed.
Result<void> follow_all(const Ground& ground, Report& report) {
    auto gate = CCD_TRY(Gate::close(ground.directory + "/" + fresh_word()));
    std::vector<job::SubmitRequest> requests;
    for (std::size_t seed = 0; seed < followed_jobs * ground.scale; ++seed)
        requests.push_back(printing_job(seed, gate.path()));
    auto ids = CCD_TRY(submit_all(ground, report, requests));
    auto followers = CCD_TRY(follow(ground, ids));
    auto have_half = [&]() -> Result<bool> {
        return std::ranges::all_of(followers, [](const Follower& follower) {
            return read_file(follower.output).size() >= output_size / 2;
        });
    };
    CCD_TRY(wait_until("the followers have shown what there is", have_half));
    gate.open();
    std::optional<std::string> broken;
    for (auto& follower : followers)
        if (auto found = check_follower(follower); found && !broken) broken = found;
    report.end_step("who follows a job that prints sees all of it and ends with it", !broken,
                    broken.value_or(fmt::format("{} followers", followers.size())));
    return {};
}

// Reads again and again until the job has ended: always the beginning of its text, and at the end
// all of it. A sentence where it was not.
Result<std::optional<std::string>> read_until_ended(Client& client, job::Id id,
                                                    const std::string& text) {
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        auto reply = client.call<job::Logs>({.id = id, .attempt = {}});
        // It has not begun.
        if (!reply &&
            (reply.error().code == Errc::conflict || reply.error().code == Errc::not_found))
            continue;
        if (!reply) return tl::unexpected{reply.error()};
        auto output = read_output(client.take_descriptors());
        bool has_ended = job::is_final(reply->state);
        if (!output || !text.starts_with(*output) || (has_ended && *output != text))
            return std::optional{fmt::format("job {}, {}: {} of {} bytes", id,
                                             ccd::to_string(reply->state),
                                             output ? output->size() : 0, text.size())};
        if (has_ended) return std::optional<std::string>{};
    }
    return failure(Errc::timeout, "job " + std::to_string(id) + " has not ended");
}

void read_while_ending(const Ground& ground, Report& report) {
    auto text = printed(0, output_size);
    std::vector<std::optional<std::string>> broken(ending_readers * ground.scale);
    auto act = [&](std::size_t number, Visitor& visitor) {
        auto client = Client::open(ground.socket, patience);
        for (std::size_t i = 0; client && i < ending_jobs_each && !broken[number]; ++i) {
            auto job = visitor.ask<job::Submit>(printing_job(0));
            if (!job) return;
            auto found = read_until_ended(*client, job->id, text);
            broken[number] = found ? *found : found.error().message;
        }
    };
    end_answers(report, "submit what is read at once", crowd(ground.socket, broken.size(), act));
    std::optional<std::string> first;
    for (const auto& one : broken)
        if (!first) first = one;
    report.end_step("who reads while a job ends sees its output grow, and all of it at the end",
                    !first, first.value_or(fmt::format("{} readers", broken.size())));
}

}  // namespace

Result<void> read_logs(const Ground& ground, Report& report) {
    auto ids = CCD_TRY(make_outputs(ground, report));
    read_all(ground, report, ids);
    CCD_TRY(follow_all(ground, report));
    read_while_ending(ground, report);
    return {};
}

}  // namespace ccd::stress
