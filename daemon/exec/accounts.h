// Whether users have accounts that jobs may run under, without being held up by a directory that
// does not answer.
//
// What a directory has said is good for some seconds, also that it could not be found out. Users
// are looked up one by one: a silent directory occupies one thread of the pool, never all of those
// that jobs are started on. Those of the machine's own files are not kept here, but read each time.
//
// Owner: the SystemdExecutor. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "ccd/result.h"
#include "ccd/time.h"

namespace ccd::exec {

class Accounts {
public:
    static constexpr Millis good_for{10'000};

    // What is known now; null: he has to be looked up.
    const Result<void>* find(std::uint32_t uid, Time now) const;

    // Notes a user to be looked up, once.
    void want(std::uint32_t uid);
    // Whom to look up now, to be learnt: nobody while the one before is not.
    std::optional<std::uint32_t> next();
    void learn(std::uint32_t uid, Result<void> account, Time now);

    // He was waited for in vain. So he is silent until something is known of him: nobody needs to
    // wait for him once more.
    void set_silent(std::uint32_t uid) { silent_.insert(uid); }
    bool is_silent(std::uint32_t uid) const { return silent_.contains(uid); }

private:
    struct Known {
        Result<void> account;
        Time until{};
    };

    std::map<std::uint32_t, Known> known_;
    std::deque<std::uint32_t> wanted_;
    std::set<std::uint32_t> silent_;
    bool is_looking_up_ = false;
};

}  // namespace ccd::exec
