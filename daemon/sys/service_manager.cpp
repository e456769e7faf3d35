#include "daemon/sys/service_manager.h"

#include <fcntl.h>
#include <pwd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "ccd/unique_fd.h"

namespace ccd::sys {
namespace {

// What limits of jobs are made of: as they are called now, and where they lie in an older layout.
struct Controller {
    std::string_view name;
    std::string_view older;
};
constexpr std::array wanted{Controller{"cpu", "cpu"}, Controller{"memory", "memory"},
                            Controller{"io", "blkio"}, Controller{"pids", "pids"}};

std::string read_line(const std::string& path) {
    UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string line(4'096, '\0');
    auto length = file ? read(file.get(), line.data(), line.size()) : 0;
    line.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return line.substr(0, line.find('\n'));
}

bool has_word(std::string_view words, std::string_view word) {
    for (auto at = words.find(word); at != words.npos; at = words.find(word, at + 1)) {
        auto end = at + word.size();
        if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' '))
            return true;
    }
    return false;
}

// The rest of a sentence on the controllers that `has` denies.
template <class Has>
std::string text_of_missing(Has has) {
    std::string missing;
    for (const auto& controller : wanted)
        if (!has(controller)) missing.append(missing.empty() ? "" : ", ").append(controller.name);
    return missing.empty() ? "" : "; no limits on " + missing;
}

// Those that were handed down to this user; none on an older layout.
std::string controllers_of_user() {
    auto uid = std::to_string(getuid());
    return read_line("/sys/fs/cgroup/user.slice/user-" + uid + ".slice/user@" + uid +
                     ".service/cgroup.controllers");
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
    auto handed_down = controllers_of_user();
    std::string text = "; other users' jobs and the closing of cards need the machine's ccd";
    text += text_of_missing(
        [&](const Controller& controller) { return has_word(handed_down, controller.name); });
    if (!lingers())
        text += "; jobs end when this user logs out ('loginctl enable-linger' keeps them)";
    return text;
}

std::string limits_of_machine(const std::string& groups) {
    auto unified = read_line(groups + "/cgroup.controllers");
    return text_of_missing([&](const Controller& controller) {
        auto older = groups + "/" + std::string{controller.older};
        return has_word(unified, controller.name) || access(older.c_str(), F_OK) == 0;
    });
}

}  // namespace ccd::sys
