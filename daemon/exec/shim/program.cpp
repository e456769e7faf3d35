#include "daemon/exec/shim/program.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

namespace ccd::exec {
namespace {

constexpr rlim_t usual_descriptors = 1024;
constexpr std::size_t path_room = 8'192;

// Of ioprio_set(2), whose header is not C++.
constexpr int ioprio_of_process = 1;
constexpr int ioprio_none = 0;

// What the daemon has set for itself and a job must not inherit. Each is best effort: a user may
// not be allowed to, and then the job runs as the daemon does.
void reset_traits() {
    setpriority(PRIO_PROCESS, 0, 0);
    sched_param usual{};
    sched_setscheduler(0, SCHED_OTHER, &usual);
    syscall(SYS_ioprio_set, ioprio_of_process, 0, ioprio_none);
    prctl(PR_SET_TIMERSLACK, 50'000);
    rlimit descriptors{};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur > usual_descriptors) {
        descriptors.rlim_cur = usual_descriptors;
        setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    UniqueFd badness{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
    if (badness) (void)!write(badness.get(), "0", 1);
}

// The pointers that execve wants, ended by a null one; none where there is no memory.
class Pointers {
public:
    explicit Pointers(std::size_t room)
        : first_(static_cast<char**>(std::calloc(room + 1, sizeof(char*)))), end_(first_) {}

    bool is_good() const { return first_ != nullptr; }
    void add(const char* text) { *end_++ = const_cast<char*>(text); }
    char** get() const { return first_; }

private:
    char** first_;  // given up to the program
    char** end_;
};

int use_standard_input(std::string_view file) {
    int fd = open(file.empty() ? "/dev/null" : file.data(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return -1;
    return dup2(fd, STDIN_FILENO);
}

// 0, or why this file cannot be executed.
int usable(const char* file) {
    struct stat about {};
    if (stat(file, &about) != 0) return errno;
    if (!S_ISREG(about.st_mode)) return EACCES;
    return access(file, X_OK) == 0 ? 0 : errno;
}

// Of the job, else what glibc takes in its place.
std::string_view path_of(const SpecView& spec) {
    constexpr std::string_view name = "PATH=";
    std::string_view path = "/bin:/usr/bin";
    bool is_found = false;
    spec.environment.each([&](std::string_view text) {
        if (std::exchange(is_found, is_found || text.starts_with(name)) || !is_found) return;
        path = text.substr(name.size());
    });
    return path;
}

// 0 where execvpe(3) will find a program that it can execute, else why it will not. So what is not
// there is known before anybody is told that the program begins.
int find_program(const SpecView& spec) {
    std::string_view name = spec.argv.front();
    if (name.find('/') != name.npos) return usable(name.data());
    bool is_denied = false;
    std::string_view path = path_of(spec);
    for (bool is_more = true; is_more;) {
        std::size_t length = path.find(':');
        is_more = length != path.npos;
        ShortText<path_room> file;
        if (std::string_view folder = path.substr(0, length); !folder.empty())
            file.add(folder).add("/");
        path.remove_prefix(is_more ? length + 1 : 0);
        if (file.add(name).is_cut()) continue;
        int error = usable(file.c_str());
        if (error == 0) return 0;
        is_denied = is_denied || error == EACCES;
    }
    return is_denied ? EACCES : ENOENT;
}

// Returns only where the program could not be executed; see errno.
void execute(const SpecView& spec) {
    ShortText<nonce_variable.size() + nonce_limit> nonce;
    nonce.add(nonce_variable).add(spec.nonce);
    Pointers arguments(spec.argv.count());
    Pointers environment(spec.environment.count() + std::size_t{1});
    if (!arguments.is_good() || !environment.is_good()) return;
    spec.argv.each([&](std::string_view text) { arguments.add(text.data()); });
    environment.add(nonce.c_str());
    spec.environment.each([&](std::string_view text) {
        if (!text.starts_with(nonce_variable)) environment.add(text.data());
    });
    environ = environment.get();  // execvpe searches the PATH of environ
    execvpe(spec.argv.front().data(), arguments.get(), environ);
}

[[noreturn]] void become_supervised(const SpecView& spec, pid_t shim, int failure_pipe) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != shim) _exit(125);  // the shim died before the line above
    setsid();
    reset_traits();
    // Before anything that may wait for others, as opening a pipe does: a stop must reach it.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    LaunchFailure failure = become_program(spec, [] { return 0; });
    (void)!write(failure_pipe, &failure, sizeof failure);
    _exit(exit_code_of(failure));
}

}  // namespace

LaunchFailure become_program(const SpecView& spec, int (*before_exec)()) {
    umask(static_cast<mode_t>(spec.umask));
    if (chdir(spec.cwd.data()) != 0) return {Step::cwd, errno};
    if (use_standard_input(spec.stdin_file) < 0) return {Step::standard_input, errno};
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (int error = find_program(spec); error != 0) return {Step::exec, error};
    if (int error = before_exec(); error != 0) return {Step::announcement, error};
    execute(spec);
    return {Step::exec, errno};
}

Program launch_program(const SpecView& spec) {
    Program program;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return program;
    program.failure.reset(ends[0]);
    UniqueFd told{ends[1]};
    pid_t shim = getpid();
    program.pid = fork();
    if (program.pid == 0) become_supervised(spec, shim, told.get());
    return program;
}

LaunchNames names_of(const SpecView& spec) {
    return {.program = spec.argv.front(), .cwd = spec.cwd, .stdin_file = spec.stdin_file};
}

}  // namespace ccd::exec
