#include "tests/harness/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "tests/harness/error.h"

namespace ccd::harness {
namespace {

const char* output_of(const Program& program) {
    return program.output.empty() ? "/dev/null" : program.output.c_str();
}

constexpr int output_flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;

// After fork: only what is safe in a copy of a process with threads.
int become(const Program& program, char** argv, char** environment) {
    int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    int output = ::open(output_of(program), output_flags, 0600);
    if (input < 0 || output < 0) return 125;
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvpe(argv[0], argv, environment);
    return 127;
}

}  // namespace

std::vector<std::string> environment_with(const std::vector<std::string>& over) {
    auto environment = over;
    // The later one of a name is found last, so ours are left out.
    for (char** entry = ::environ; *entry; ++entry) {
        std::string ours{*entry};
        auto name = ours.substr(0, ours.find('=') + 1);
        bool is_replaced = false;
        for (const auto& given : over) is_replaced |= given.starts_with(name);
        if (!is_replaced) environment.push_back(std::move(ours));
    }
    return environment;
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (const auto& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

Result<Child> Child::start(const Program& program) {
    auto environment = environment_with(program.environment);
    auto argv_pointers = pointers_to(program.argv);
    auto environment_pointers = pointers_to(environment);
    return fork([&] { return become(program, argv_pointers.data(), environment_pointers.data()); });
}

Result<Child> Child::fork(const std::function<int()>& act) {
    auto parent = ::getpid();
    auto pid = ::fork();
    if (pid < 0) return failure_from(errno, "no process could be forked");
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::_exit(::getppid() == parent ? act() : 125);
    }
    return Child{pid, UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}};
}

Child& Child::operator=(Child&& other) noexcept {
    if (this == &other) return *this;
    kill();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    status_ = other.status_;
    return *this;
}

std::optional<int> Child::wait(Millis patience) {
    if (status_ || pid_ < 0) return status_;
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
    reap();
    return status_;
}

int Child::stop(Millis patience) {
    send(SIGTERM);
    if (!wait(patience)) kill();
    return status_.value_or(0);
}

void Child::kill() {
    send(SIGKILL);
    reap();
}

void Child::reap() {
    if (pid_ < 0 || status_) return;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    status_ = status;
}

void Child::send(int signal) {
    if (pid_ > 0 && !status_) ::kill(pid_, signal);
}

Result<int> run(const Program& program) {
    auto environment = environment_with(program.environment);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_of(program),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t pid = 0;
    int error = ::posix_spawnp(&pid, program.argv[0].c_str(), &actions, nullptr,
                               pointers_to(program.argv).data(), pointers_to(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return failure_from(error, "cannot start '" + program.argv[0] + "'");
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return failure_from(errno, "no end of '" + program.argv[0] + "'");
    return status;
}

std::string describe_status(int status) {
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "exit code " + std::to_string(WEXITSTATUS(status));
}

std::optional<std::string> find_in_path(const std::string& name) {
    const char* path = ::getenv("PATH");
    std::string folders = path ? path : "/usr/bin:/bin";
    for (std::size_t begin = 0; begin <= folders.size();) {
        auto end = std::min(folders.find(':', begin), folders.size());
        auto file = folders.substr(begin, end - begin) + "/" + name;
        if (::access(file.c_str(), X_OK) == 0) return file;
        begin = end + 1;
    }
    return std::nullopt;
}

Result<std::string> find_beside_us(const std::string& name, const char* variable) {
    if (const char* given = ::getenv(variable); given && *given) return std::string{given};
    std::error_code error;
    auto us = std::filesystem::read_symlink("/proc/self/exe", error);
    auto file = us.parent_path() / name;
    if (::access(file.c_str(), X_OK) == 0) return file.string();
    return failure(Errc::not_found, "no program '" + name + "' beside '" + us.string() +
                                        "'; build it, or name it in " + variable);
}

}  // namespace ccd::harness
