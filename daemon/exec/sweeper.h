// Ends what is left of attempts whose shim is gone: finds it by the nonce in its environment.
//
// One round reads all of /proc for all attempts at once, and rounds are repeated, with growing
// pauses, until nothing of an attempt is found.
//
// Owner: the executor. Loop thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "daemon/exec/errands.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {

class Sweeper {
public:
    // `on_gone` gets the nonce of an attempt of which nothing is alive.
    Sweeper(loop::Loop& loop, std::function<void(const std::string&)> on_gone);

    void add(std::string nonce);

private:
    void begin_round();
    void end_round(const std::vector<std::string>& nonces,
                   const Result<std::set<std::string>>& found);

    std::function<void(const std::string&)> on_gone_;
    std::set<std::string> nonces_;
    bool is_in_round_ = false;
    Millis pause_{};
    loop::Timer next_round_;
    Errands errands_;
};

}  // namespace ccd::exec
