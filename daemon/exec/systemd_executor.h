// Runs each attempt as a transient service of the service manager.
//
// The manager switches the user, holds the job to its limits, supervises it, and keeps its exit
// status (RemainAfterExit=yes) until the end is committed and the unit is let go. So a job notices
// nothing of what happens to ccd, and no daemon is needed for its exit status to be known.
//
//   start: laying_out --> asking --> living --> emptying --> gone
//                            '--> unsettled --'     (the bus broke: was it heard?)
//   adopt: searching --> living or gone
//
// After every break of the bus, and at the start, all units of ours are listed and compared with
// the attempts that are known: one list serves the start, a bus that was restarted and a manager
// that was executed anew. A unit that nobody expects is ended and let go.
//
// An attempt has ended when its program has ended and the manager finds no process of it: what is
// left of it is killed first.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/exec/errands.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/manager.h"
#include "daemon/exec/unit.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {

class SystemdExecutor final : public Executor {
public:
    struct Setup {
        BusAddress bus;
        bool is_of_system = true;  // else of one user, as whom all jobs run
        std::string shim;          // the program ccd-shim
        std::string instance;      // nonces of our attempts begin with it and "-"
        std::string boot_id;
        std::string limits_of_user;  // what a user's manager cannot do, for `describe`
    };

    SystemdExecutor(loop::Loop& loop, Setup setup, OnReport on_report, OnAway on_away);

    std::string_view name() const override { return "systemd"; }
    std::string describe() const override;
    Result<void> may_run(std::uint32_t uid) const override;
    Result<void> may_have(std::string_view property) const override;
    void start(Launch launch) override;
    void stop(const Attempt& attempt) override;
    void release(const Attempt& attempt) override;
    std::optional<Attempt> owner_of(std::span<const std::string> units,
                                    std::span<const std::int64_t> ancestors) const override;
    Result<void> adopt(std::span<const Expected> expected) override;

private:
    enum class Phase : std::uint8_t {
        laying_out,  // its log and its spec are being made
        asking,      // the manager has been asked for its unit
        unsettled,   // it is not known whether the manager was reached
        searching,   // it was begun by an earlier daemon, and is being looked for
        living,      // it has a unit
        emptying,    // its program has ended, what is left of it is being ended
    };
    struct Job {
        Attempt attempt;
        Phase phase = Phase::laying_out;
        Expected expected;          // of one that is searched for
        bool is_expected = true;    // else nobody knows it: it is ended and never reported
        bool is_owed_word = false;  // adopt has not been told of it yet
        bool is_started_told = false;
        bool is_stop_wanted = false;
        bool is_told_to_stop = false;  // since the bus is up
        bool is_cause_asked = false;   // whether the manager is stopping
        bool is_looked_into = false;   // for what is left of it
        UnitState unit;
        std::string log_file;                // of one that we started
        std::optional<WallTime> stopped_at;  // when it was first told to stop
        Time kill_at{};                      // when its grace is over
        Millis pause{};
        std::optional<loop::Timer> timer;  // of the grace, then between two looks
    };

    Job* find(const std::string& nonce);
    Job* find_unit(const std::string& name);
    Job& add(const Attempt& attempt, Phase phase);

    // Beginning.
    void on_layout(const Launch& launch, Result<Layout> layout);
    void on_asked(const std::string& nonce, const Result<void>& answer);
    void refuse(Job& job, NotStarted refused);

    // Finding.
    void resync();
    void on_listed(const std::vector<std::string>& judged,
                   const Result<std::vector<Manager::Listed>>& listed);
    void found(const Attempt& attempt, const std::string& path);
    void on_state(const std::string& nonce, Result<UnitState> unit);
    void not_found(Job& job);

    // Watching.
    void on_change(const std::string& name, sd_bus_message* properties);
    void on_job_removed(const std::string& name, const std::string& result);
    void consider(Job& job);
    void tell_started(Job& job);
    void tell_to_stop(Job& job);
    void set_timer(Job& job, Millis in);
    void on_timer(const std::string& nonce);
    void look_for_rest(Job& job);
    void on_rest(const std::string& nonce, const Result<std::size_t>& count);
    void conclude(Job& job);
    bool may_be_shutdown(const UnitOutcome& outcome) const;
    void ask_for_shutdown(Job& job);
    void finish(Job& job, decltype(Report::what) what);
    void let_go(const std::string& nonce, bool is_failed);

    void tell_away(const std::string& why);
    void look_at_patience();

    loop::Loop& loop_;
    Setup setup_;
    OnReport on_report_;
    OnAway on_away_;
    std::unordered_map<std::string, Job> jobs_;  // by nonce
    // Units whose ends are told and not yet let go, and whether they have failed.
    std::unordered_map<std::string, bool> ended_;
    std::string away_;          // as it was told last
    bool is_stopping_ = false;  // the manager is, and with it the machine or the user's session
    bool is_adopted_ = false;   // it is known what is expected
    bool is_synced_ = false;    // all units are known, since the bus is up
    loop::Timer resync_;
    loop::Timer patience_;
    Manager manager_;
    Errands errands_;
};

}  // namespace ccd::exec
