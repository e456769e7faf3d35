// ccd-shim: begins one attempt of a job.
//
//   ccd-shim <folder of records> <job>.<attempt>
//
// watches over the job and leaves the evidence of its end. Descriptors: 0 the spec (see
// daemon/exec/spec.h), 1 and 2 the job's log, 3 a pipe on which the executor is told that the
// program was executed; nobody needs to listen. It outlives the executor, needs little memory, and
// runs nothing unless it holds the ticket (see daemon/exec/record.h).
//
//   ccd-shim --exec
//
// becomes the job's program, under a service manager that watches over it. The manager is told, as
// by sd_notify(3), when it is about to be executed, and why where it could not be.
//
//   ccd-shim --keep <socket>
//
// keeps descriptors for a ccd without a service manager (see daemon/exec/keeping.h).
//
// Exit status: 0 the end is in the record, 2 it was called wrongly, 3 there was no ticket; with
// --exec that of the program, or 125, 126 or 127.

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/exec/shim/evidence.h"
#include "daemon/exec/shim/keeper.h"
#include "daemon/exec/shim/notify.h"
#include "daemon/exec/shim/program.h"
#include "daemon/exec/shim/supervisor.h"
#include "daemon/exec/spec.h"
#include "daemon/exec/status.h"

namespace ccd::exec {
namespace {

enum ExitStatus : int { recorded = 0, called_wrongly = 2, no_ticket = 3 };

// The spec, mapped; it is let go as soon as the program runs, for it holds secrets.
class MappedSpec {
public:
    explicit MappedSpec(int fd) {
        struct stat about {};
        if (fstat(fd, &about) != 0 || about.st_size <= 0) return;
        auto size = static_cast<std::size_t>(about.st_size);
        if (size > spec_limit) return;
        void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at != MAP_FAILED) bytes_ = {static_cast<const char*>(at), size};
    }
    MappedSpec(const MappedSpec&) = delete;
    MappedSpec& operator=(const MappedSpec&) = delete;
    ~MappedSpec() {
        if (bytes_.data() != nullptr) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
    }

    std::string_view bytes() const { return bytes_; }
    // The mapping stays for as long as this process runs what it runs.
    std::string_view keep() { return std::exchange(bytes_, {}); }

private:
    std::string_view bytes_;
};

constexpr std::string_view no_spec =
    "the spec on standard input is not one that this ccd-shim understands";

void say(std::string_view sentence) {
    ShortText<reason_limit + 8> line;
    line.add("ccd: ").add(sentence).add("\n");
    (void)!write(STDERR_FILENO, line.c_str(), line.view().size());
}

// By the system call, for glibc keeps two of the signals from being changed.
void reset_disposition(int number) {
    constexpr unsigned long usual[4] = {};  // the kernel's struct sigaction: SIG_DFL
    constexpr std::size_t mask_size = 8;
    syscall(SYS_rt_sigaction, number, usual, nullptr, mask_size);
}

// Alone in a session, deaf to all signals but those it reads, parent of all that is orphaned.
bool detach() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    for (int number = 1; number < NSIG; ++number) reset_disposition(number);
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    close_range(status_fd + 1, ~0u, 0);
    return fcntl(status_fd, F_SETFD, FD_CLOEXEC) == 0;
}

EndPart refusal(EndKind kind, std::int32_t exit_code, std::string_view reason) {
    say(reason);
    EndPart end{.at = wall_now().time_since_epoch().count(), .kind = kind, .value = exit_code};
    set_padded(end.reason, reason);
    return end;
}

EndPart ended(Supervisor::MainEnd main) {
    bool is_exit = WIFEXITED(main.status);
    return {.at = main.at.time_since_epoch().count(),
            .kind = is_exit ? EndKind::exited : EndKind::signalled,
            .value = is_exit ? WEXITSTATUS(main.status) : WTERMSIG(main.status),
            .was_stopped = main.was_stopped};
}

void tell_begun(Evidence& evidence, pid_t main_pid) {
    BegunPart begun{.main_pid = main_pid, .at = wall_now().time_since_epoch().count()};
    evidence.write_begun(begun);
    StartedMessage message{.main_pid = begun.main_pid, .at = begun.at};
    (void)!write(status_fd, &message, sizeof message);
    // The log, the spec and the pipe are the job's and the executor's from here on.
    close_range(STDIN_FILENO, status_fd, 0);
}

// `spec` is let go on the way.
EndPart run(std::optional<MappedSpec>& mapped, const SpecView& spec, Evidence& evidence) {
    Program program = launch_program(spec);
    if (program.pid < 0) {
        Reason reason;
        reason.add("cannot fork: ").add(strerrordesc_np(errno));
        return refusal(EndKind::never_began, 125, reason.view());
    }
    pid_t main_pid = program.pid;
    Supervisor supervisor(std::move(program), spec.stop_grace);
    std::optional<LaunchFailure> failure = supervisor.await_launch();
    if (failure) {
        supervisor.await_end();
        return refusal(EndKind::not_started, exit_code_of(*failure),
                       reason_of(*failure, names_of(spec)).view());
    }
    mapped.reset();
    tell_begun(evidence, main_pid);
    return ended(supervisor.await_end());
}

int run_shim(const char* folder, const char* label) {
    if (!detach()) return called_wrongly;
    std::optional<MappedSpec> mapped(std::in_place, STDIN_FILENO);
    std::optional<SpecView> spec = parse_spec(mapped->bytes());
    if (!spec) {
        say(no_spec);
        return called_wrongly;
    }
    Evidence evidence;
    if (!evidence.claim(folder, label, spec->nonce, spec->boot_id)) return no_ticket;
    evidence.write_end(run(mapped, *spec, evidence));
    return recorded;
}

int become_job() {
    std::optional<SpecView> spec = parse_spec(MappedSpec(STDIN_FILENO).keep());
    if (!spec) {
        say(no_spec);
        return called_wrongly;
    }
    // Without that word the manager would take the program for one that never began, and have it
    // begun again.
    LaunchFailure failure = become_program(*spec, [] { return notify("READY=1", {}); });
    say(reason_of(failure, names_of(*spec)).view());
    notify("STATUS=", encode_failure(failure).view());
    return exit_code_of(failure);
}

}  // namespace
}  // namespace ccd::exec

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view{argv[1]} == "--keep")
        return ccd::exec::keep_descriptors(argv[2]);
    if (argc == 3) return ccd::exec::run_shim(argv[1], argv[2]);
    if (argc == 2 && std::string_view{argv[1]} == "--exec") return ccd::exec::become_job();
    ccd::exec::say("ccd-shim is started by ccd, not by hand");
    return ccd::exec::called_wrongly;
}
