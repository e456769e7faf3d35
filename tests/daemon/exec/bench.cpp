#include "tests/daemon/exec/bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "daemon/exec/sealed_spec.h"
#include "daemon/sys/machine.h"
#include "tests/harness/filesystem.h"

namespace ccd::exec {
namespace {

// Long enough for any machine: it ends what would hang.
constexpr Millis patience{120'000};

std::string instance() {
    return "n" + std::to_string(getpid());
}

harness::TemporaryDirectory make_folder() {
    auto made = harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-exec");
    BOOST_REQUIRE(made.has_value());
    return std::move(*made);
}

}  // namespace

Bench::Bench()
    : folder_(make_folder()), watchdog_(loop_, [this] {
          is_late_ = true;
          loop_.stop();
      }) {
    replace_executor();
    adopt({});
}

Launch Bench::launch(std::vector<std::string> argv) {
    Launch launch;
    launch.attempt = {.job = ++last_job_, .number = 1};
    launch.attempt.nonce = instance() + "-" + std::to_string(last_job_);
    launch.uid = geteuid();
    launch.argv = std::move(argv);
    launch.environment = {"PATH=/usr/bin:/bin"};
    launch.cwd = "/";
    launch.log_file = log_of(launch.attempt);
    return launch;
}

std::string Bench::log_of(const Attempt& attempt) const {
    return folder_ / ("logs/" + label_of(attempt) + ".log");
}

Attempt Bench::start(Launch launch) {
    Attempt attempt = launch.attempt;
    executor_->start(std::move(launch));
    return attempt;
}

void Bench::replace_executor() {
    reports_.clear();
    executor_.reset();
    executor_.emplace(loop_,
                      ProcessExecutor::Paths{
                          .records = folder_ / "records", .shim = CCD_SHIM, .instance = instance()},
                      [this](Report report) {
                          reports_.push_back(std::move(report));
                          loop_.stop();
                      });
}

void Bench::adopt(std::vector<Expected> expected) {
    BOOST_REQUIRE(executor_->adopt(expected).has_value());
}

void Bench::turn() {
    watchdog_.set(patience);
    loop_.run();
    watchdog_.cancel();
    BOOST_REQUIRE_MESSAGE(!is_late_, "nothing was reported");
}

NoDescriptors::NoDescriptors() {
    BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
}

NoDescriptors::~NoDescriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path) << text;
}

std::string last_line(const std::string& text) {
    std::size_t end = text.find_last_not_of('\n') + 1;
    std::size_t begin = text.rfind('\n', end - 1) + 1;
    return text.substr(begin, end - begin);
}

Channel::Channel(const std::string& path) : path_(path) {
    BOOST_REQUIRE(mkfifo(path.c_str(), 0600) == 0);
}

std::string Channel::read() {
    return read_file(path_);
}

Stranger::Stranger(const std::string& pid)
    : held_(static_cast<int>(syscall(SYS_pidfd_open, std::stoi(pid), 0))) {
    BOOST_REQUIRE_MESSAGE(held_, "no process " << pid);
}

bool Stranger::is_gone() const {
    pollfd watched{.fd = held_.get(), .events = POLLIN, .revents = 0};
    return poll(&watched, 1, 0) == 1;
}

void Stranger::wait_until_gone() const {
    pollfd watched{.fd = held_.get(), .events = POLLIN, .revents = 0};
    BOOST_REQUIRE(poll(&watched, 1, static_cast<int>(patience.count())) == 1);
}

void Stranger::signal(int number, std::optional<int> value) const {
    siginfo_t info{};
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value.value_or(0);
    BOOST_REQUIRE(syscall(SYS_pidfd_send_signal, held_.get(), number, value ? &info : nullptr, 0) ==
                  0);
}

int run_shim(const Records& records, const Launch& launch) {
    Result<UniqueFd> spec = seal_spec(launch, sys::boot_id().value());
    BOOST_REQUIRE(spec.has_value());
    std::string label = label_of(launch.attempt);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 3);
        dup2(spec->get(), 0);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        execl(CCD_SHIM, "ccd-shim", records.folder().c_str(), label.c_str(), nullptr);
        _exit(99);
    }
    int status = 0;
    BOOST_REQUIRE(waitpid(pid, &status, 0) == pid);
    BOOST_REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

}  // namespace ccd::exec
