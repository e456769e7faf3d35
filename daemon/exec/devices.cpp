#include "daemon/exec/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "ccd/unique_fd.h"
#include "daemon/exec/number.h"

namespace ccd::exec {
namespace {

// Of the NVIDIA driver, beside the cards: what every program that uses a card opens.
constexpr std::array control_nodes{"/dev/nvidiactl", "/dev/nvidia-modeset", "/dev/nvidia-uvm",
                                   "/dev/nvidia-uvm-tools"};
constexpr std::string_view capability_group = "char-nvidia-caps";

// NVIDIA's is loaded, so there may be cards that nobody has told us of.
bool has_driver(std::string_view devices) {
    return devices.find(" nvidia") != devices.npos;
}

// Through these a card can be reached, whatever its own node is.
bool leads_to_cards(std::string_view name) {
    return name.starts_with("nvidia") || name == "drm";
}

std::string read_devices() {
    UniqueFd file{open("/proc/devices", O_RDONLY | O_CLOEXEC)};
    std::string text(64 << 10, '\0');
    auto length = file ? read(file.get(), text.data(), text.size()) : 0;
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    return text;
}

std::string_view take_line(std::string_view& text) {
    auto length = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    return line;
}

std::vector<unsigned> majors_of(const std::vector<std::string>& nodes) {
    std::vector<unsigned> majors;
    for (const auto& node : nodes) {
        struct stat about {};
        if (stat(node.c_str(), &about) == 0) majors.push_back(major(about.st_rdev));
    }
    return majors;
}

bool exists(const char* node) {
    return access(node, F_OK) == 0;
}

}  // namespace

// "Character devices:", lines of a number and a name, a line that is empty, "Block devices:", ...
std::vector<std::string> groups_without_cards(std::string_view devices,
                                              const std::vector<unsigned>& card_majors) {
    std::vector<std::string> groups;
    std::string kind = "char-";
    while (!devices.empty()) {
        auto line = take_line(devices);
        if (line.starts_with("Block")) kind = "block-";
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        auto space = line.find(' ');
        unsigned number = 0;
        if (space == line.npos || !parse_number(line.substr(0, space), number)) continue;
        auto name = line.substr(space + 1);
        auto is_card = kind == "char-" &&
                       (leads_to_cards(name) || std::ranges::count(card_majors, number) > 0);
        auto group = kind + std::string{name};
        if (!is_card && std::ranges::count(groups, group) == 0) groups.push_back(std::move(group));
    }
    return groups;
}

std::vector<AllowedDevice> allowed_devices(const Limits& limits, std::string_view devices) {
    std::vector<AllowedDevice> allowed;
    auto may_have_cards = !limits.all_card_nodes.empty() || has_driver(devices);
    if (!may_have_cards || limits.has_nodeless_card) return allowed;
    for (auto& group : groups_without_cards(devices, majors_of(limits.all_card_nodes)))
        allowed.push_back({std::move(group), "rwm"});
    if (limits.card_nodes.empty()) return allowed;
    for (const auto& node : limits.card_nodes) allowed.push_back({node, "rw"});
    for (const char* node : control_nodes)
        if (exists(node)) allowed.push_back({node, "rw"});
    allowed.push_back({std::string{capability_group}, "r"});
    return allowed;
}

std::vector<AllowedDevice> allowed_devices(const Limits& limits) {
    return allowed_devices(limits, read_devices());
}

}  // namespace ccd::exec
