#include "daemon/sys/users.h"

#include <pwd.h>
#include <stdio.h>

#include <charconv>
#include <memory>
#include <utility>
#include <vector>

namespace ccd::sys {
namespace {

constexpr auto usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

User user_of(const passwd& entry) {
    return {.name = entry.pw_name, .home = entry.pw_dir, .shell = entry.pw_shell};
}

}  // namespace

std::optional<User> Users::look_up(std::uint32_t uid) {
    std::vector<char> room(16 << 10);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    return user_of(entry);
}

void Users::learn_file(const std::string& path, Time now) {
    std::unique_ptr<FILE, int (*)(FILE*)> file{fopen(path.c_str(), "re"), fclose};
    while (const passwd* entry = file ? fgetpwent(file.get()) : nullptr)
        known_.try_emplace(entry->pw_uid,
                           Known{.user = user_of(*entry), .is_looked_up = true, .as_of = now});
}

void Users::want(std::uint32_t uid, Time now) {
    auto& known = known_[uid];
    auto is_fresh = known.is_looked_up &&
                    now - known.as_of < (known.user.name.empty() ? missing_age : found_age);
    if (is_fresh || known.is_wanted) return;
    known.is_wanted = true;
    wanted_.push_back(uid);
}

std::optional<std::uint32_t> Users::next() {
    if (is_looking_up_ || wanted_.empty()) return std::nullopt;
    is_looking_up_ = true;
    auto uid = wanted_.front();
    wanted_.pop_front();
    return uid;
}

void Users::learn(std::uint32_t uid, std::optional<User> user, Time now) {
    auto& known = known_[uid];
    if (user) known.user = std::move(*user);
    known.is_looked_up = true;
    known.is_wanted = false;
    known.as_of = now;
    is_looking_up_ = false;
}

std::string Users::name_of(std::uint32_t uid) const {
    auto found = known_.find(uid);
    return found == known_.end() || found->second.user.name.empty() ? std::to_string(uid)
                                                                    : found->second.user.name;
}

std::optional<std::vector<std::string>> Users::environment_of(std::uint32_t uid) const {
    auto found = known_.find(uid);
    if (found == known_.end() || !found->second.is_looked_up) return std::nullopt;
    const auto& user = found->second.user;
    std::vector<std::string> environment;
    for (const auto& [name, value] :
         {std::pair{"HOME=", user.home}, std::pair{"USER=", user.name},
          std::pair{"LOGNAME=", user.name}, std::pair{"SHELL=", user.shell},
          std::pair{"PATH=", std::string{usual_path}}})
        if (!value.empty()) environment.push_back(name + value);
    return environment;
}

std::optional<std::uint32_t> Users::find(std::string_view name) const {
    if (name.empty()) return std::nullopt;
    for (const auto& [uid, known] : known_)
        if (known.user.name == name) return uid;
    std::uint32_t uid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return uid;
}

}  // namespace ccd::sys
