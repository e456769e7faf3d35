// Attempts that could not be begun for a reason that may be their own, or this machine's.
//
// Whose it is shows in what becomes of others. Once a job of another user fails for the same
// reason, and nothing has begun in between, the machine is to blame: then nothing is started for a
// while. Until then the job is put off, longer each time, and after some tries it is given up; once
// another of the same user fails so, all of his are put off, or his whole queue would be given up
// one after the other. So no user can hold up the jobs of the others, whatever he makes fail.
//
// Owner: the SystemdExecutor. Loop thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ccd/job.h"
#include "ccd/time.h"

namespace ccd::exec {

class Misstarts {
public:
    enum class Verdict : std::uint8_t {
        machine,       // it can start nothing for now
        put_off_user,  // his jobs may begin after `pause`
        put_off,       // this job may begin after `pause`
        give_up,       // it never will
    };
    struct Judged {
        Verdict verdict = Verdict::machine;
        Millis pause{};
    };
    // A reason that passes is one of the users it is about, however many: no machine's, and waited
    // for without end.
    enum class Reason : std::uint8_t { any, passing };

    static constexpr std::uint32_t tries = 6;
    static constexpr Millis longest_pause{30'000};

    explicit Misstarts(Millis first_pause) : first_pause_(first_pause) {}

    Judged judge(job::Id job, std::uint32_t uid, const std::string& why, Reason reason);
    // It runs, so whatever others failed for was their own trouble.
    void begun(job::Id job);
    // It will not be tried again.
    void forget(job::Id job) { counts_.erase(job); }

private:
    enum class Whose : std::uint8_t { job, user, machine };
    // For whom something has failed: the first one, and what the others have shown.
    struct Suspect {
        job::Id job = 0;
        std::uint32_t uid = 0;
        Whose whose = Whose::job;
    };

    Whose whose(job::Id job, std::uint32_t uid, const std::string& why);

    // Of jobs that are never heard of again: cancelled while they wait, for example.
    static constexpr std::size_t count_limit = 10'000;
    static constexpr std::size_t suspect_limit = 100;

    Millis first_pause_;
    std::map<job::Id, std::uint32_t> counts_;
    std::map<std::string, Suspect> suspects_;  // by what has failed
};

}  // namespace ccd::exec
