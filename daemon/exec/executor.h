// The seam between deciding that a job runs and running it.
//
// An executor starts attempts, tells what became of them, and keeps the evidence of each end until
// it is told that the end is committed. It decides nothing about jobs. Two exist: `process` (a
// shim per job) and `systemd` (a transient service per job).
//
// Every attempt is named by its nonce, which is never used twice. A start that is asked for may or
// may not have happened when the daemon dies; `adopt` settles it by looking for the nonce.
//
// Owner: the daemon. Loop thread only; every report is made from the loop, never from within a
// call of these functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ccd/job.h"
#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::exec {

// Which attempt of which job.
struct Attempt {
    job::Id job = 0;
    std::uint32_t number = 0;
    std::string nonce;
    auto operator<=>(const Attempt&) const = default;
};

// What the kernel is to hold the job to, where the executor can have that done.
struct Limits {
    Bytes memory;            // 0: none
    std::uint32_t cpus = 0;  // 0: none
    std::optional<Millis> time;
    std::vector<std::string> properties;  // NAME=VALUE, each accepted by `may_have`
    // The device nodes of its cards, and of all cards there are: it can open no others.
    std::vector<std::string> card_nodes;
    std::vector<std::string> all_card_nodes;
    // It has a card whose node is not known: for it, nothing can be closed.
    bool has_nodeless_card = false;
};

// Everything that the program is started with.
struct Launch {
    Attempt attempt;
    std::uint32_t uid = 0;
    std::vector<std::string> argv;
    std::vector<std::string> environment;  // complete: nothing of the daemon's is added
    std::string cwd;
    std::string stdin_file;  // empty: /dev/null
    std::string log_file;    // created if need be, appended to
    std::uint32_t umask = 022;
    Millis stop_grace{10'000};  // between SIGTERM and SIGKILL
    Limits limits;
};

// What brought an end about.
enum class Cause : std::uint8_t {
    program,     // the program itself, or somebody outside
    stop,        // `stop` had reached it before its program ended
    time_limit,  // its limit, while nobody called `stop`
    memory,      // its limit, or the machine was out of it
    manager,     // the service manager was told to end it, or ended itself
};

// What comes before its program is under way, and may wait: for a pipe, for example. What follows
// is as after `start`.
struct Beginning {};
// The program was executed (or, with `main_pid` 0, is known to live).
struct Started {
    WallTime at{};
    std::int64_t main_pid = 0;
};
// The program could not be executed, and never will be: exit code 125, 126 or 127, as in the log's
// last line.
struct NotStarted {
    std::int32_t exit_code = 125;
    std::string reason;
    WallTime at{};
};
// The program has ended and nothing of the job is alive. One of the two is set.
struct Ended {
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
    WallTime at{};                  // when it ended
    std::optional<WallTime> began;  // when its program was executed, where that is on record
    Cause cause = Cause::program;
};
// This attempt never began and never will. Without a reason it was found so at `adopt`, or was
// stopped before.
struct NeverBegan {
    // Whether the executor can start nothing for now, for want of room, memory or descriptors, and
    // is better left alone for a while; or it is about the jobs of this user, or about this job,
    // whose turn may come again.
    enum class Blame : std::uint8_t { executor, user, attempt };

    std::string reason;
    Blame blame = Blame::executor;
    Millis pause{};  // for which the user, or the job, is better left alone
};
// Nobody watches over it, so what is alive of it is being ended. Lost follows when nothing is.
struct Sweeping {};
// Nobody can know how it ended; nothing of it is alive.
struct Lost {
    std::string reason;
};

struct Report {
    Attempt attempt;
    std::variant<Beginning, Started, NotStarted, Ended, NeverBegan, Sweeping, Lost> what;
};

// An attempt that the store says had begun, to be found again.
struct Expected {
    Attempt attempt;
    bool is_same_boot = true;  // begun since this machine was started
    bool was_running = false;  // else it was promised, and may never have begun
    // Of its launch, for what is to be done and said if it never began.
    std::uint32_t uid = 0;
    std::string log_file;
    std::string program;
    std::string cwd;
    std::string stdin_file;
};

class Executor {
public:
    using OnReport = std::function<void(Report)>;
    // It can start nothing for now, and why; empty: it can again. May be told within `adopt`.
    using OnAway = std::function<void(const std::string& why)>;

    virtual ~Executor() = default;

    virtual std::string_view name() const = 0;
    // How it runs jobs, and what it cannot do here; a sentence for `health`.
    virtual std::string describe() const = 0;

    // Refuses, with a sentence for the submitter, a user whose jobs it cannot run.
    virtual Result<void> may_run(std::uint32_t uid) const = 0;
    // Refuses, with a sentence for the submitter, a property (NAME=VALUE) that it cannot give to a
    // job that asks for so many cores.
    virtual Result<void> may_have(std::string_view property, std::uint32_t cpus) const = 0;

    // Reports Started then Ended, or NotStarted, NeverBegan or Lost. NotStarted follows Started
    // where the program failed in the last moment, as one without its interpreter does.
    virtual void start(Launch launch) = 0;

    // SIGTERM to all of it, after the launch's grace SIGKILL to what is left. An attempt that is
    // not alive is left alone.
    virtual void stop(const Attempt& attempt) = 0;

    // Sends a signal to all of it, as a user asked. An attempt that is not alive is left alone.
    virtual void signal(const Attempt& attempt, int signal) = 0;

    // The end is committed: the evidence may go.
    virtual void release(const Attempt& attempt) = 0;

    // Which attempt a process is of: by the units that its cgroup lies in, the outermost first, or
    // by its ancestors. Nothing where it is none of ours, or no longer known to be.
    virtual std::optional<Attempt> owner_of(std::span<const std::string> units,
                                            std::span<const std::int64_t> ancestors) const = 0;

    // Those that it has: asked to begin, or found, and not reported to have ended. Not those that
    // nobody expected and that it is ending.
    virtual std::vector<Attempt> attempts() const = 0;

    // Finds what was begun before this daemon was. Reports, for each expected attempt, Beginning,
    // Started, NotStarted, Ended, NeverBegan, Sweeping or Lost, as soon as it can be known.
    // Evidence of attempts that are not expected is released, and what is alive of them is ended.
    // After a refusal nothing was looked for.
    virtual Result<void> adopt(std::span<const Expected> expected) = 0;
};

}  // namespace ccd::exec
