#include "tests/daemon/running_daemon.h"

#include <csignal>

#include <boost/test/unit_test.hpp>

namespace ccd::daemon {
namespace {

harness::TemporaryDirectory make_directory() {
    auto made = harness::TemporaryDirectory::create("/var/tmp", "ccd-daemon-test");
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
}

}  // namespace

RunningDaemon::RunningDaemon(std::string vfs)
    : directory_(make_directory()), vfs_(std::move(vfs)) {}

RunningDaemon::~RunningDaemon() {
    if (thread_.joinable()) stop();
}

Config RunningDaemon::config() const {
    Config config;
    config.socket = directory_ / "ccd.sock";
    config.state_dir = directory_ / "state";
    config.runtime_dir = directory_ / "run";
    config.socket_group = "";
    config.executor = ExecutorChoice::process;
    config.retry_attempts = 1;
    config.retry_delay = Millis{1};
    config.hang_after = hang_after_;
    config.gpu_source = GpuSource::none;
    if (adjust_) adjust_(config);
    return config;
}

void RunningDaemon::begin() {
    auto daemon = Daemon::create(
        config(), [this]() -> Result<Config> { return config(); }, vfs_);
    BOOST_TEST_REQUIRE(daemon.has_value());
    daemon_ = std::move(*daemon);
    daemon_->set_on_ready([this] { is_ready_.store(true), is_ready_.notify_one(); });
    is_ready_ = false;
    thread_ = std::thread{[this] {
        exit_code_ = daemon_->run();
        is_ready_.store(true);
        is_ready_.notify_one();
    }};
}

void RunningDaemon::start() {
    begin();
    is_ready_.wait(false);
}

void RunningDaemon::begin_stop() {
    kill(getpid(), SIGTERM);
}

int RunningDaemon::stop() {
    begin_stop();
    return await_end();
}

int RunningDaemon::await_end() {
    thread_.join();
    daemon_.reset();
    return exit_code_;
}

client::Client RunningDaemon::connect() const {
    auto client = client::Client::open(directory_ / "ccd.sock", Millis{60'000});
    BOOST_TEST_REQUIRE(client.has_value());
    return std::move(*client);
}

}  // namespace ccd::daemon
