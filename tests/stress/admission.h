// Watches the events of jobs of two classes and says when one breaks the rules of admission.
//
// The rules: numbers of events grow; a job leaves the state it was in; no more jobs of a class are
// active than there are slots; and no training job is started while an inference job waits that
// has a free slot.
//
// Thread: one at a time.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ccd/job.h"

namespace ccd::stress {

// Slots of all cards together.
struct SlotCounts {
    std::size_t training = 0;
    std::size_t inference = 0;
};

class Admission {
public:
    explicit Admission(SlotCounts slots) : slots_(slots) {}

    // A job to watch, held. Others are not looked at.
    void expect(job::Id id, job::Class job_class);

    // Takes the next event; a sentence if it breaks a rule.
    std::optional<std::string> observe(const job::Event& event);

    bool all_ended() const { return ended_ == jobs_.size(); }
    // Which ended otherwise than with success, or nothing.
    std::string unsuccessful() const;

private:
    struct Watched {
        job::Class job_class;
        job::State state;
    };

    std::size_t count(job::Class job_class, bool (*is_in)(job::State)) const;
    std::size_t slots_of(job::Class job_class) const;
    std::optional<std::string> move(Watched& job, job::State from, job::State to);
    std::optional<std::string> check(const Watched& job) const;

    SlotCounts slots_;
    std::map<job::Id, Watched> jobs_;
    std::size_t ended_ = 0;
    std::uint64_t last_seq_ = 0;
};

}  // namespace ccd::stress
