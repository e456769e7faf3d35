#include "daemon/sys/users.h"

#include <pwd.h>
#include <stdio.h>

#include <charconv>
#include <memory>
#include <vector>

namespace ccd::sys {

std::string Users::look_up(std::uint32_t uid) {
    std::vector<char> room(16 << 10);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return std::to_string(uid);
    return entry.pw_name;
}

void Users::learn_file(const std::string& path) {
    std::unique_ptr<FILE, int (*)(FILE*)> file{fopen(path.c_str(), "re"), fclose};
    while (const passwd* entry = file ? fgetpwent(file.get()) : nullptr)
        names_.try_emplace(entry->pw_uid, entry->pw_name);
}

void Users::want(std::uint32_t uid) {
    if (names_.try_emplace(uid).second) wanted_.push_back(uid);
}

std::optional<std::uint32_t> Users::next() {
    if (is_looking_up_ || wanted_.empty()) return std::nullopt;
    is_looking_up_ = true;
    auto uid = wanted_.front();
    wanted_.pop_front();
    return uid;
}

void Users::learn(std::uint32_t uid, std::string name) {
    names_[uid] = std::move(name);
    is_looking_up_ = false;
}

std::string Users::name_of(std::uint32_t uid) const {
    auto found = names_.find(uid);
    return found == names_.end() || found->second.empty() ? std::to_string(uid) : found->second;
}

std::optional<std::uint32_t> Users::find(std::string_view name) const {
    if (name.empty()) return std::nullopt;
    for (const auto& [uid, known] : names_)
        if (known == name) return uid;
    std::uint32_t uid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return uid;
}

}  // namespace ccd::sys
