// Runs each attempt under a ccd-shim of its own, where there is no systemd to do it.
//
// The shim watches over the job and outlives the daemon; a file in the folder of records says
// what it has begun and how that ended (see record.h). Here the shims are only spawned, watched
// by pidfd, and found again. Whatever may block is done on the loop's pool of threads.
//
//   start: launching --> watched --> concluding --> (sweeping) --> gone
//   adopt: searching --> watched, sweeping or gone
//
// What cannot be found out for want of descriptors or memory is asked again, until it can be.
//
// Jobs run as the user of this process, and as no other.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/exec/errands.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/finding.h"
#include "daemon/exec/launcher.h"
#include "daemon/exec/sweeper.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {

class ProcessExecutor final : public Executor {
public:
    struct Paths {
        std::string records;   // folder; made when it is missing, by `adopt`
        std::string shim;      // the program ccd-shim
        std::string instance;  // nonces of our attempts begin with it and "-"; others' are left be
    };

    ProcessExecutor(loop::Loop& loop, Paths paths, OnReport on_report);

    std::string_view name() const override { return "process"; }
    std::string describe() const override;
    Result<void> may_run(std::uint32_t uid) const override;
    Result<void> may_have(std::string_view property, std::uint32_t cpus) const override;
    void start(Launch launch) override;
    void stop(const Attempt& attempt) override;
    void signal(const Attempt& attempt, int signal) override;
    void release(const Attempt& attempt) override;
    std::optional<Attempt> owner_of(std::span<const std::string> units,
                                    std::span<const std::int64_t> ancestors) const override;
    std::vector<Attempt> attempts() const override;

    // REQUIRES: called before the first `start`. May be called again: attempts that are being
    // watched are reported once more.
    Result<void> adopt(std::span<const Expected> expected) override;

private:
    enum class Phase : std::uint8_t {
        launching,   // its shim is being spawned
        searching,   // it is being looked for
        watched,     // its shim lives
        concluding,  // its shim is gone, its record is being read
        sweeping,    // what its shim has left is being ended
    };
    struct Job {
        Attempt attempt;
        Phase phase = Phase::launching;
        bool is_expected = true;  // else nobody knows it: it is ended and never reported
        bool is_stop_wanted = false;
        std::optional<Started> started;
        std::string loss;  // why it will be lost; in `sweeping`
        UniqueFd shim;
        pid_t shim_pid = 0;  // its own while it is held
        UniqueFd status;
        std::optional<loop::Poll> on_status;  // the polls go before their descriptors
        std::optional<loop::Poll> on_exit;
    };

    Job* find(const std::string& nonce);
    Job& add(const Attempt& attempt, Phase phase);
    void on_launched(const std::string& nonce, Result<Launched> launched);
    void watch(Job& job);
    void on_status(const std::string& nonce);
    void on_exit(const std::string& nonce);
    void conclude(Job& job);
    void on_finding(const std::string& nonce, Finding finding);
    void found_alive(Job& job, Alive alive);
    void finish(const std::string& nonce, decltype(Report::what) what);
    void search(std::vector<Expected> expected);
    void ask_again();
    void report_again(const std::string& nonce);
    void adopt_stray(const Attempt& attempt, std::vector<Expected>& wanted);

    OnReport on_report_;
    loop::Loop& loop_;
    Launcher launcher_;
    std::string nonce_prefix_;
    std::unordered_map<std::string, Job> jobs_;  // by nonce
    std::vector<Expected> unfound_;              // to be looked for again
    std::vector<std::string> unread_;            // nonces whose ends are to be read again
    loop::Timer ask_again_;
    Sweeper sweeper_;
    Errands errands_;
};

}  // namespace ccd::exec
