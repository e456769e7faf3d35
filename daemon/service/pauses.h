// Who is left alone until a time, and why: jobs, or users, by number.
//
// Each is there once, with the longest pause it was given. In memory only: after a restart of ccd
// nobody is left alone.
//
// Owner: Jobs. Loop thread only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "ccd/time.h"

namespace ccd::service {

struct Pause {
    Time until{};
    std::string why;
};

template <class Key>
class Pauses {
public:
    void add(Key who, Time until, std::string why) {
        auto [at, is_new] = pauses_.try_emplace(who);
        if (!is_new && at->second.until >= until) return;
        if (!is_new) ends_.erase({at->second.until, who});
        at->second = {.until = until, .why = std::move(why)};
        ends_.emplace(until, who);
    }
    void remove(Key who) {
        auto pause = pauses_.find(who);
        if (pause == pauses_.end()) return;
        ends_.erase({pause->second.until, who});
        pauses_.erase(pause);
    }
    void clear() {
        pauses_.clear();
        ends_.clear();
    }

    const Pause* find(Key who) const {
        auto pause = pauses_.find(who);
        return pause == pauses_.end() ? nullptr : &pause->second;
    }

    // When the next pause ends.
    std::optional<Time> next() const {
        if (ends_.empty()) return std::nullopt;
        return ends_.begin()->first;
    }
    // Takes out one whose pause is over.
    std::optional<Key> take_over(Time now) {
        if (ends_.empty() || ends_.begin()->first > now) return std::nullopt;
        auto who = ends_.begin()->second;
        remove(who);
        return who;
    }

private:
    std::map<Key, Pause> pauses_;
    std::set<std::pair<Time, Key>> ends_;
};

}  // namespace ccd::service
