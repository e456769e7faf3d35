// Runs each attempt as a transient service of the service manager.
//
// The manager switches the user, holds the job to its limits, supervises it, and keeps its exit
// status (RemainAfterExit=yes) until the end is committed and the unit is let go. So a job notices
// nothing of what happens to ccd, and no daemon is needed for its exit status to be known.
//
//   start: laying_out --> asking --> living --> emptying --> (concluding) --> gone
//                            '--> unsettled --'     (the bus broke: was it heard?)
//   adopt: searching --> living or gone
//
// `concluding` is for what has to be done before an end that is known can be told.
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
#include <vector>

#include "daemon/exec/accounts.h"
#include "daemon/exec/errands.h"
#include "daemon/exec/executor.h"
#include "daemon/exec/misstarts.h"
#include "daemon/exec/unit.h"
#include "daemon/exec/units.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {

class SystemdExecutor final : public Executor {
public:
    struct Setup {
        BusAddress bus;
        Scope scope = Scope::machine;  // of a user's: all jobs run as this user
        std::string shim;              // the program ccd-shim
        std::string instance;          // nonces of our attempts begin with it and "-"
        std::string boot_id;
        std::string shortcomings;  // what the manager cannot do, for `describe`: "; ..."
        // Who answers later than this is said to be away; he may be busy, and is waited for.
        Millis patience{5'000};
        Millis look_again{5'000};   // whether the manager is still shutting down
        Millis put_off{1'000};      // what could not be begun, at first
        Millis idle_after{10'000};  // without a job: then the manager's signals wake nobody
    };

    SystemdExecutor(loop::Loop& loop, Setup setup, OnReport on_report, OnAway on_away);

    std::string_view name() const override { return "systemd"; }
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
    Result<void> adopt(std::span<const Expected> expected) override;

private:
    static constexpr Millis resync_pause{100};
    static constexpr Millis look_pause{1'000};
    // Between two looks for what is left of a job, at first.
    static constexpr Millis first_pause{5};

    // Of a user whose jobs wait for it.
    struct LookUp {
        Time since{};
        std::vector<Launch> launches;
    };
    enum class Phase : std::uint8_t {
        laying_out,  // its log and its spec are being made
        asking,      // the manager has been asked for its unit
        unsettled,   // it is not known whether the manager was reached
        searching,   // it was begun by an earlier daemon, and is being looked for
        living,      // it has a unit
        emptying,    // its program has ended, what is left of it is being ended
        concluding,  // it never began: its log is being told why
    };
    // What the manager keeps of it until its end is committed.
    enum class Remains : std::uint8_t { none, unit, failed_unit };
    struct Job {
        Attempt attempt;
        Phase phase = Phase::laying_out;
        Expected expected;          // what is known of its launch
        bool is_expected = true;    // else nobody knows it: it is ended and never reported
        bool is_owed_word = false;  // adopt has not been told of it yet
        bool is_started_told = false;
        bool is_stop_wanted = false;
        bool is_told_to_stop = false;  // since the bus is up
        bool is_cause_asked = false;   // whether the manager is stopping
        bool is_looked_into = false;   // for what is left of it
        UnitState unit;
        Remains remains = Remains::none;
        std::optional<WallTime> stopped_at;  // when it was first told to stop
        Time kill_at{};                      // when its grace is over
        Millis pause{};
        std::optional<loop::Timer> timer;  // of the grace, or between two looks
    };

    Job* find(const std::string& nonce);
    Job* find_unit(const std::string& name);
    Job& add(const Attempt& attempt, Phase phase);
    // Whether the manager can have a unit of it, as far as we know.
    static bool may_have_unit(const Job& job);

    bool is_of_machine() const { return setup_.scope == Scope::machine; }

    // Beginning.
    void look_up(std::uint32_t uid);
    void look_up_next();
    void on_looked_up(std::uint32_t uid, const Result<void>& account);
    std::string silence() const;
    void on_silent_directory();
    void on_account(Launch launch, const Result<void>& account);
    void begin_layout(Launch launch);
    void on_layout(const Launch& launch, Result<Layout> layout);
    void on_asked(const std::string& nonce, const Result<void>& answer);
    void refuse(Job& job, NotStarted refused);
    void not_begun(Job& job, std::string why, Misstarts::Reason reason);

    // Comparing.
    void let_live(Job& job);
    void resync();
    void on_listed(const std::vector<std::string>& judged,
                   const Result<std::vector<Units::Listed>>& listed);
    void found(const Attempt& attempt, const std::string& path);
    void on_state(const std::string& nonce, Result<UnitState> unit);
    void not_found(Job& job);

    // Watching.
    void on_change(const std::string& name, sd_bus_message* properties);
    void on_job_removed(const std::string& name, const std::string& result);
    void consider(Job& job);
    void tell_beginning(Job& job);
    void tell_started(Job& job);

    // Ending.
    void tell_to_stop(Job& job);
    void set_timer(Job& job, Millis in);
    void on_timer(const std::string& nonce);
    void look_for_rest(Job& job);
    void on_rest(const std::string& nonce, const Result<std::size_t>& count);
    void conclude(Job& job);
    bool is_unclear(const NeverBegan& none, const Job& job) const;
    bool may_be_shutdown(const UnitOutcome& outcome) const;
    void ask_for_shutdown(Job& job);
    void ask_again_for_shutdown();
    void learn_state(const Result<std::string>& state);
    void finish(Job& job, decltype(Report::what) what);
    void let_go(const std::string& nonce, Remains remains);

    void tell_away(const std::string& why);
    void look_at_patience();

    loop::Loop& loop_;
    Setup setup_;
    OnReport on_report_;
    OnAway on_away_;
    std::unordered_map<std::string, Job> jobs_;  // by nonce
    // Of attempts whose ends are told and not yet committed.
    std::unordered_map<std::string, Remains> ended_;
    std::string away_;          // as it was told last
    bool is_stopping_ = false;  // the manager is, and with it the machine or the user's session
    bool is_adopted_ = false;   // it is known what is expected
    bool is_synced_ = false;    // all units are known, since the bus is up
    loop::Timer resync_;
    loop::Timer patience_;
    loop::Timer shutdown_;   // while the manager is stopping
    loop::Timer idle_;       // without a job
    loop::Timer directory_;  // while a user is looked up
    Misstarts misstarts_;
    Accounts accounts_;
    std::unordered_map<std::uint32_t, LookUp> look_ups_;  // by uid
    Units units_;
    Errands errands_;
};

}  // namespace ccd::exec
