// ccd-stress: puts promises of ccd to the test.
//
// Exit: 0 all kept; 1 one is broken, or could not be tested; 2 bad usage.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>

#include "tests/harness/error.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/private_daemon.h"
#include "tests/stress/arguments.h"
#include "tests/stress/body.h"
#include "tests/stress/page.h"

namespace {

using namespace ccd;
using stress::Arguments;
using stress::Report;
using stress::Scenario;

std::uint64_t seed_of(const Arguments& arguments) {
    return arguments.seed ? *arguments.seed : std::random_device{}() + std::uint64_t{1};
}

Report run_on_given(const Scenario& scenario, const Arguments& arguments,
                    const std::string& directory) {
    return stress::run_scenario(scenario, {.socket = *arguments.socket,
                                           .directory = directory,
                                           .scale = arguments.scale,
                                           .seed = seed_of(arguments),
                                           .duration = arguments.duration});
}

// With daemons that the scenario starts itself.
Report run_without(const Scenario& scenario, const Arguments& arguments,
                   const std::string& directory) {
    return stress::run_scenario(scenario, {.socket = {},
                                           .directory = directory,
                                           .scale = arguments.scale,
                                           .seed = seed_of(arguments),
                                           .duration = arguments.duration});
}

// With a daemon of our own, which must also end well.
Result<Report> run_on_own(const Scenario& scenario, const Arguments& arguments,
                          const std::string& directory) {
    harness::DaemonSetup setup{
        .parent = harness::scratch_directory(), .cards = scenario.cards, .values = {}};
    if (scenario.settings) setup.values = scenario.settings(arguments.scale);
    auto daemon = CCD_TRY(harness::PrivateDaemon::start(setup));
    auto report = stress::run_scenario(scenario, {.socket = daemon.socket(),
                                                  .directory = directory,
                                                  .daemon = &daemon,
                                                  .scale = arguments.scale,
                                                  .seed = seed_of(arguments),
                                                  .duration = arguments.duration});
    auto stopped = daemon.stop();
    report.end_step("stop the daemon", stopped.has_value(), stopped ? "" : stopped.error().message);
    if (!report.passed()) std::fprintf(stderr, "%s\n", daemon.log().c_str());
    return report;
}

Result<Report> run_one(const Scenario& scenario, const Arguments& arguments) {
    auto directory =
        CCD_TRY(harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-stress"));
    if (arguments.socket) return run_on_given(scenario, arguments, directory.path());
    if (scenario.brings_daemon) return run_without(scenario, arguments, directory.path());
    return run_on_own(scenario, arguments, directory.path());
}

void tell(const Report& report, stress::Format format) {
    auto text = format == stress::Format::json ? to_json(report) : to_line(report);
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    for (const auto& step : report.steps)
        if (!step.passed)
            std::fprintf(stderr, "%s: broken: %s: %s\n", report.scenario.c_str(), step.name.c_str(),
                         step.detail.c_str());
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file{path};
    file << text << std::flush;
    if (!file) return harness::failure_from(errno, "cannot write '" + path.string() + "'");
    return {};
}

Result<void> write_reports(const std::string& directory, const std::vector<Report>& reports,
                           const Arguments& arguments) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    auto subject = arguments.socket ? "the daemon at " + *arguments.socket
                                    : std::string{"a daemon of its own for each scenario"};
    CCD_TRY(write_file(directory + "/report.json", to_json(reports)));
    return write_file(directory + "/report.html", stress::to_html(reports, subject));
}

int run_all(const Arguments& arguments) {
    std::vector<Report> reports;
    bool is_good = true;
    auto complain = [&](std::string_view what, const Error& error) {
        std::fprintf(stderr, "%s: %s\n", std::string{what}.c_str(), error.message.c_str());
        is_good = false;
    };
    for (const auto& scenario : arguments.scenarios) {
        auto report = run_one(scenario, arguments);
        if (!report) {
            complain(scenario.name, report.error());
            continue;
        }
        is_good = is_good && report->passed();
        tell(*report, arguments.format);
        reports.push_back(*std::move(report));
    }
    if (!arguments.report) return is_good ? 0 : 1;
    auto written = write_reports(*arguments.report, reports, arguments);
    if (!written) complain("ccd-stress", written.error());
    return is_good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::span<const char* const> words{argv + 1, argv + argc};
    if (auto code = stress::run_as_job(words)) return *code;
    auto arguments = stress::parse_arguments(words);
    if (!arguments) {
        std::fprintf(stderr, "ccd-stress: %s\n", arguments.error().message.c_str());
        return 2;
    }
    if (arguments->wants_help) {
        std::fputs(stress::usage().c_str(), stdout);
        return 0;
    }
    return run_all(*arguments);
}
