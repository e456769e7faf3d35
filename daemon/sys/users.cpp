#include "daemon/sys/users.h"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
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

bool Users::is_new(std::uint32_t uid) {
    return names_.try_emplace(uid).second;
}

std::string Users::name_of(std::uint32_t uid) const {
    auto found = names_.find(uid);
    return found == names_.end() || found->second.empty() ? std::to_string(uid) : found->second;
}

std::optional<std::uint32_t> Users::find(std::string_view name) const {
    for (const auto& [uid, known] : names_)
        if (known == name) return uid;
    std::uint32_t uid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
    if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return uid;
}

}  // namespace ccd::sys
