#include "daemon/sys/account.h"

#include <pwd.h>
#include <shadow.h>
#include <time.h>

#include <vector>

namespace ccd::sys {
namespace {

constexpr std::size_t room_for_an_entry = 16 << 10;
constexpr long seconds_in_a_day = 86'400;

Result<void> check_shadow(const std::string& name) {
    std::vector<char> room(room_for_an_entry);
    spwd entry{};
    spwd* found = nullptr;
    if (getspnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return {};
    // An administrator's "expired at once" is the first day.
    if (entry.sp_expire >= 0 && entry.sp_expire <= time(nullptr) / seconds_in_a_day)
        return failure(Errc::denied, "the account of user '" + name + "' has expired");
    if (is_locked_password(entry.sp_pwdp))
        return failure(Errc::denied, "the account of user '" + name + "' is locked");
    return {};
}

}  // namespace

// The password is kept behind the mark; other marks say that there never was one.
bool is_locked_password(std::string_view password) {
    return password.size() > 2 && password.starts_with('!') && password != "!!" && password != "!*";
}

Result<std::string> open_account(std::uint32_t uid) {
    std::vector<char> room(room_for_an_entry);
    passwd entry{};
    passwd* found = nullptr;
    if (int error = getpwuid_r(uid, &entry, room.data(), room.size(), &found); error != 0)
        return failure(Errc::internal, "cannot look up uid " + std::to_string(uid));
    if (found == nullptr)
        return failure(Errc::not_found, "uid " + std::to_string(uid) + " has no account here");
    std::string name = entry.pw_name;
    CCD_TRY(check_shadow(name));
    return name;
}

}  // namespace ccd::sys
