#include "daemon/exec/sweeper.h"

#include <algorithm>

#include "daemon/exec/processes.h"

namespace ccd::exec {
namespace {

constexpr Millis first_pause{10};
constexpr Millis longest_pause{1'000};

}  // namespace

Sweeper::Sweeper(loop::Loop& loop, std::function<void(const std::string&)> on_gone)
    : on_gone_(std::move(on_gone)), next_round_(loop, [this] { begin_round(); }), errands_(loop) {}

void Sweeper::add(std::string nonce) {
    nonces_.insert(std::move(nonce));
    pause_ = first_pause;
    if (!is_in_round_) begin_round();
}

void Sweeper::begin_round() {
    next_round_.cancel();
    is_in_round_ = true;
    std::vector<std::string> nonces(nonces_.begin(), nonces_.end());
    errands_.run(
        [nonces] { return kill_processes(nonces); },
        [this, nonces](const Result<std::set<std::string>>& found) { end_round(nonces, found); });
}

void Sweeper::end_round(const std::vector<std::string>& nonces,
                        const Result<std::set<std::string>>& found) {
    is_in_round_ = false;
    std::vector<std::string> gone;
    if (found)
        std::ranges::copy_if(nonces, std::back_inserter(gone),
                             [&](const std::string& nonce) { return !found->contains(nonce); });
    for (const std::string& nonce : gone) nonces_.erase(nonce);
    if (!nonces_.empty()) next_round_.set(pause_);
    pause_ = std::min(2 * pause_, longest_pause);
    for (const std::string& nonce : gone) on_gone_(nonce);
}

}  // namespace ccd::exec
