#include "daemon/service/shares.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>
#include <string_view>

namespace ccd::service {
namespace {

constexpr std::string_view prefix = "share.";

template <class Number>
bool read(std::string_view& text, Number& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

struct Kept {
    std::uint32_t uid = 0;
    double gpu_seconds = 0;
    WallTime as_of{};
};

// "share.1000" = "5230.125 1764244800000". Anything else is no share, and nobody's loss.
std::optional<Kept> parse(const store::SettingWrite& setting) {
    std::string_view name{setting.name};
    std::string_view value{setting.value};
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    Kept kept;
    std::int64_t milliseconds = 0;
    if (!read(name, kept.uid) || !name.empty()) return std::nullopt;
    if (!read(value, kept.gpu_seconds) || !value.starts_with(' ')) return std::nullopt;
    value.remove_prefix(1);
    if (!read(value, milliseconds) || !value.empty()) return std::nullopt;
    if (!std::isfinite(kept.gpu_seconds) || kept.gpu_seconds < 0) return std::nullopt;
    kept.as_of = WallTime{Millis{milliseconds}};
    return kept;
}

double seconds(Micros duration) {
    return std::chrono::duration<double>{duration}.count();
}

}  // namespace

void Shares::load(const std::vector<store::SettingWrite>& settings, Now now) {
    accounts_.clear();
    for (const auto& setting : settings) {
        auto known = parse(setting);
        if (!known) continue;
        // A calendar that was set back forgets nothing.
        auto age = std::max(now.wall - known->as_of, Millis{0});
        accounts_[known->uid] = {.gpu_seconds = known->gpu_seconds * kept(age),
                                 .as_of = now.time,
                                 .cards = 0,
                                 .kept_until = known->as_of};
    }
}

void Shares::set_half_life(Millis half_life, Now now) {
    for (auto& [uid, account] : accounts_) bring_up_to(account, now.time);
    half_life_ = half_life;
}

void Shares::begin(std::uint32_t uid, std::size_t cards, WallTime since, Now now) {
    auto& account = accounts_[uid];
    bring_up_to(account, now.time);
    auto past = std::max(now.wall - std::max(since, account.kept_until), Millis{0});
    account.gpu_seconds += grown(cards, past);
    account.cards += cards;
}

void Shares::end(std::uint32_t uid, std::size_t cards, Now now) {
    auto& account = accounts_[uid];
    bring_up_to(account, now.time);
    account.cards -= std::min(cards, account.cards);
}

double Shares::of(std::uint32_t uid, Time now) const {
    auto account = accounts_.find(uid);
    return account == accounts_.end() ? 0 : value(account->second, now);
}

store::SettingWrite Shares::setting(std::uint32_t uid, Now now) const {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.3f %lld", of(uid, now.time),
                  static_cast<long long>(now.wall.time_since_epoch().count()));
    return {.name = std::string{prefix} + std::to_string(uid), .value = text.data()};
}

double Shares::kept(Micros duration) const {
    return std::exp2(-seconds(duration) / seconds(half_life_));
}

double Shares::grown(std::size_t cards, Micros duration) const {
    if (cards == 0) return 0;
    // 1 - 2^-x loses all its digits where x is small.
    auto part = -std::expm1(-seconds(duration) / seconds(half_life_) * std::numbers::ln2);
    return static_cast<double>(cards) * seconds(half_life_) / std::numbers::ln2 * part;
}

double Shares::value(const Account& account, Time now) const {
    auto duration = std::max(now - account.as_of, Micros{0});
    return account.gpu_seconds * kept(duration) + grown(account.cards, duration);
}

void Shares::bring_up_to(Account& account, Time now) const {
    account.gpu_seconds = value(account, now);
    account.as_of = std::max(now, account.as_of);
}

}  // namespace ccd::service
