// The check that `admin check` asks for: what is on disk, in memory and running, held against each
// other while all of it goes on.
//
//   idle --begin--> attempts --> rows --> census --> copying --> inspecting --> outputs --> idle
//
// Each step is one question, to the store or to the machine, and what its answer is held against in
// the turn that brings it: a bounded piece, however many jobs there are. An answer of the store
// shows what was committed last, and memory knows of each job whether it was changed since: such a
// change is no difference. What the database says of itself is found out on a copy, by another
// thread. While a check is under way nothing goes off the record, or outputs would be missed.
//
// One at a time. It ends with its connection, and when the store is down.
//
// Owner: the Service. Loop thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ccd/admin.h"
#include "daemon/service/decisions.h"
#include "daemon/service/findings.h"
#include "daemon/service/history.h"
#include "daemon/service/jobs.h"

namespace ccd::service {

class Check {
public:
    // Rows that one step holds against memory, and outputs that one asks the store for.
    static constexpr std::uint32_t rows_per_step = 500;
    static constexpr std::size_t outputs_per_step = 200;
    // The counters are compared when nothing is on its way to the disk, if that comes to pass.
    static constexpr int census_tries = 200;
    // Between two items that tell how far it has come.
    static constexpr Millis tell_pause{200};

    // `committed` is the batch that was committed last, whenever it is read.
    Check(Decisions& decisions, const store::BatchId& committed, Jobs& jobs, History& history)
        : decisions_(decisions), committed_(committed), jobs_(jobs), history_(history) {}

    // Refuses where one is under way.
    Result<void> begin(const Ticket& ticket, Repair repair, Now now);
    bool is_under_way() const { return step_ != Step::idle; }

    // Answers to its questions, by their number: the store's, and the machine's. An answer that it
    // does not wait for is dropped.
    void deliver(std::uint64_t number, const Result<store::Answer>& answer, Now now);
    void attempts_are(std::uint64_t number, std::span<const Begun> attempts, Now now);
    void copy_is(std::uint64_t number, const Result<store::Inspection>& found);
    // The outputs in a folder, which is named by a number; none: there is no further one.
    void outputs_are(std::uint64_t number, std::optional<std::uint64_t> folder,
                     std::vector<Begun> outputs, Now now);
    void outputs_are_still(std::uint64_t number, const std::vector<Begun>& outputs);

    // It cannot go on.
    void interrupt(const Error& why);
    // The connection is gone.
    void forget(std::uint64_t connection);

private:
    enum class Step : std::uint8_t {
        idle,
        attempts,    // that the executor has
        rows,        // of unfinished jobs, from the newest to the oldest
        census,      // of the finished ones
        copying,     // the database
        inspecting,  // the copy
        outputs,     // of the next folder
        on_record,   // whether jobs with outputs are
        still_there  // whether outputs of jobs that are not are
    };

    std::uint64_t ask_number() { return ++number_; }
    bool is_expected(std::uint64_t number, Step step) const {
        return step_ == step && number == number_;
    }
    void ask(store::Query query);
    void ask_rows();
    void on_rows(const store::Answer& answer, Now now);
    void ask_census(Now now);
    void on_census(const store::Answer& answer, Now now);
    void copy(store::CopyStep::What what);
    void on_copied(const Result<store::Answer>& answer, Now now);
    void add_damage(const store::Damage& damage);
    void ask_outputs();
    void ask_whether_on_record();
    void on_record(const store::Answer& answer);
    void compare_output(const Begun& output, std::uint32_t attempts);
    void tell(std::string doing, Now now);
    void finish();
    void stop();

    Decisions& decisions_;
    const store::BatchId& committed_;
    Jobs& jobs_;
    History& history_;
    Step step_ = Step::idle;
    std::uint64_t number_ = 0;    // of the last question
    bool is_inspecting_ = false;  // somebody looks at a copy, perhaps of a check that was ended
    Ticket ticket_;
    Findings findings_;
    std::map<std::string, std::uint64_t> looked_at_;
    Time next_tell_{};
    job::Id before_ = 0;  // rows with smaller numbers are still to be compared
    int census_tries_ = 0;
    std::optional<std::uint64_t> folder_;
    std::vector<Begun> unknown_;   // outputs of jobs that are not in memory, still to be asked for
    std::vector<Begun> asked_;     // of these, those that were asked for
    std::vector<Begun> orphaned_;  // of these, those of jobs that are not on record
};

}  // namespace ccd::service
