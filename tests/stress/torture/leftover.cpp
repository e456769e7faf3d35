#include "tests/stress/torture/leftover.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace ccd::stress {
namespace {

namespace fs = std::filesystem;

// With whoever has to reap what a killed daemon has left.
constexpr std::chrono::seconds reaping_patience{2};

// Empty where it is gone, or a zombie: what is read of one that ends is an error.
std::string read_proc(pid_t pid, const char* name) {
    UniqueFd file{
        open(("/proc/" + std::to_string(pid) + "/" + name).c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text;
    char buffer[4096];
    for (ssize_t size = 1; file && size > 0;) {
        size = read(file.get(), buffer, sizeof buffer);
        if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
}

std::vector<pid_t> all_processes() {
    std::vector<pid_t> pids;
    std::error_code error;
    fs::directory_iterator at{"/proc", error};
    for (; !error && at != fs::directory_iterator{}; at.increment(error)) {
        auto name = at->path().filename().string();
        pid_t pid = 0;
        auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (bad == std::errc{} && end == name.data() + name.size()) pids.push_back(pid);
    }
    return pids;
}

// Its words are ended by NUL: ccd-shim, the folder, JOB.ATTEMPT.
std::optional<Shim> parse_shim(const std::string& line, const std::string& records) {
    auto begin = std::string{"ccd-shim"} + '\0' + records + '\0';
    if (!line.starts_with(begin)) return std::nullopt;
    unsigned long long job = 0;
    unsigned attempt = 0;
    if (std::sscanf(line.c_str() + begin.size(), "%llu.%u", &job, &attempt) != 2)
        return std::nullopt;
    return Shim{.job = job, .attempt = attempt, .process = {}};
}

}  // namespace

std::vector<Shim> find_shims(const std::string& records) {
    std::vector<Shim> shims;
    for (auto pid : all_processes()) {
        if (!parse_shim(read_proc(pid, "cmdline"), records)) continue;
        UniqueFd held{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
        // Once more, now that the number stays its own.
        auto shim = parse_shim(read_proc(pid, "cmdline"), records);
        if (!held || !shim) continue;
        shim->process = std::move(held);
        shims.push_back(*std::move(shim));
    }
    return shims;
}

// A daemon that finds it as a zombie takes it for alive, and is told a moment later.
void slay(const Shim& shim) {
    auto send = [&](int signal) {
        return syscall(SYS_pidfd_send_signal, shim.process.get(), signal, nullptr, 0) == 0;
    };
    send(SIGKILL);
    auto end = std::chrono::steady_clock::now() + reaping_patience;
    while (send(0) && std::chrono::steady_clock::now() < end) sched_yield();
}

std::vector<pid_t> find_processes(const std::string& word) {
    std::vector<pid_t> found;
    for (auto pid : all_processes()) {
        if (pid == getpid()) continue;
        auto has = [&](const char* name) {
            return read_proc(pid, name).find(word) != std::string::npos;
        };
        if (has("environ") || has("cmdline")) found.push_back(pid);
    }
    return found;
}

}  // namespace ccd::stress
