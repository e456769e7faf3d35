#include "daemon/sys/account.h"

#include <pwd.h>
#include <shadow.h>
#include <stdio.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace ccd::sys {
namespace {

constexpr std::size_t room_for_an_entry = 16 << 10;

// As C libraries say that there is no such entry, where they call that an error.
bool is_missing(int error) {
    return error == ENOENT || error == ESRCH;
}

struct CloseFile {
    void operator()(FILE* file) const noexcept { fclose(file); }
};
std::unique_ptr<FILE, CloseFile> open_file(const std::string& path) {
    return std::unique_ptr<FILE, CloseFile>{fopen(path.c_str(), "re")};
}

std::optional<std::string> find_local_name(std::uint32_t uid, const std::string& path) {
    auto file = open_file(path);
    std::vector<char> room(room_for_an_entry);
    passwd entry{};
    passwd* found = nullptr;
    while (file && fgetpwent_r(file.get(), &entry, room.data(), room.size(), &found) == 0)
        if (found->pw_uid == uid) return found->pw_name;
    return std::nullopt;
}

}  // namespace

// The password is kept behind the mark; other marks say that there never was one.
bool is_locked_password(std::string_view password) {
    return password.size() > 2 && password.starts_with('!') && password != "!!" && password != "!*";
}

Result<void> check_shadow(const std::string& name, int error, const spwd* entry, WallTime now) {
    if (error != 0 && !is_missing(error))
        return failure(Errc::internal,
                       "cannot find out whether the account of user '" + name + "' is open");
    if (entry == nullptr) return {};
    // An administrator's "expired at once" is the first day.
    auto today = std::chrono::floor<std::chrono::days>(now.time_since_epoch()).count();
    if (entry->sp_expire >= 0 && entry->sp_expire <= today)
        return failure(Errc::denied, "the account of user '" + name + "' has expired");
    if (is_locked_password(entry->sp_pwdp))
        return failure(Errc::denied, "the account of user '" + name + "' is locked");
    return {};
}

Result<void> check_account(std::uint32_t uid, WallTime now) {
    std::vector<char> room(room_for_an_entry);
    passwd entry{};
    passwd* found = nullptr;
    int error = getpwuid_r(uid, &entry, room.data(), room.size(), &found);
    if (error != 0 && !is_missing(error))
        return failure(Errc::internal, "cannot look up uid " + std::to_string(uid));
    if (found == nullptr)
        return failure(Errc::not_found, "uid " + std::to_string(uid) + " has no account here");
    std::string name = entry.pw_name;
    spwd shadow{};
    spwd* with = nullptr;
    error = getspnam_r(name.c_str(), &shadow, room.data(), room.size(), &with);
    return check_shadow(name, error, with, now);
}

std::optional<Result<void>> check_local_account(std::uint32_t uid, WallTime now,
                                                const std::string& files) {
    auto name = find_local_name(uid, files + "/passwd");
    auto file = open_file(files + "/shadow");
    std::vector<char> room(room_for_an_entry);
    spwd entry{};
    spwd* found = nullptr;
    while (name && file && fgetspent_r(file.get(), &entry, room.data(), room.size(), &found) == 0)
        if (found->sp_namp == *name) return check_shadow(*name, 0, found, now);
    return std::nullopt;
}

}  // namespace ccd::sys
