#include "daemon/sys/service_manager.h"

#include <pwd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <vector>

namespace ccd::sys {
namespace {

// Of the kernel's controllers, those that were handed down to this user; none on an older layout.
std::string controllers() {
    auto uid = std::to_string(getuid());
    std::ifstream file("/sys/fs/cgroup/user.slice/user-" + uid + ".slice/user@" + uid +
                       ".service/cgroup.controllers");
    std::string line;
    std::getline(file, line);
    return line;
}

// Whether this user's manager stays when the user logs out.
bool lingers() {
    std::vector<char> room(16 << 10);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(getuid(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return false;
    auto mark = std::string{"/var/lib/systemd/linger/"} + entry.pw_name;
    return access(mark.c_str(), F_OK) == 0;
}

}  // namespace

bool is_booted_with_systemd() {
    return sd_booted() > 0;
}

bool has_user_manager(const std::string& runtime_dir) {
    return !runtime_dir.empty() && access((runtime_dir + "/systemd/private").c_str(), F_OK) == 0;
}

std::string limits_of_user_manager() {
    constexpr std::array wanted{std::string_view{"cpu"}, std::string_view{"memory"},
                                std::string_view{"io"}, std::string_view{"pids"}};
    std::istringstream handed_down(controllers());
    std::vector<std::string> has;
    for (std::string word; handed_down >> word;) has.push_back(word);
    std::string missing;
    for (auto controller : wanted)
        if (std::ranges::find(has, controller) == has.end())
            missing.append(missing.empty() ? "" : ", ").append(controller);
    std::string text = "; other users' jobs and the closing of cards need the machine's ccd";
    if (!missing.empty()) text += "; no limits on " + missing;
    if (!lingers())
        text += "; jobs end when this user logs out ('loginctl enable-linger' keeps them)";
    return text;
}

}  // namespace ccd::sys
