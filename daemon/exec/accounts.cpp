#include "daemon/exec/accounts.h"

#include <algorithm>
#include <utility>

namespace ccd::exec {

const Result<void>* Accounts::find(std::uint32_t uid, Time now) const {
    auto found = known_.find(uid);
    return found == known_.end() || found->second.until <= now ? nullptr : &found->second.account;
}

void Accounts::want(std::uint32_t uid) {
    if (std::ranges::find(wanted_, uid) == wanted_.end()) wanted_.push_back(uid);
}

std::optional<std::uint32_t> Accounts::next() {
    if (is_looking_up_ || wanted_.empty()) return std::nullopt;
    is_looking_up_ = true;
    auto uid = wanted_.front();
    wanted_.pop_front();
    return uid;
}

void Accounts::learn(std::uint32_t uid, Result<void> account, Time now) {
    is_looking_up_ = false;
    if (account || account.error().code != Errc::internal) silent_.erase(uid);
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    known_.insert_or_assign(uid, Known{std::move(account), now + good_for});
}

}  // namespace ccd::exec
