// Which device nodes a job may open on a machine with cards: its own cards, and all that is no
// card.
//
// The kernel's device filter knows only what is allowed. So that a job loses nothing but the cards
// of others, every group of devices that the kernel has is allowed by name, except those to which
// a card belongs.
//
// Any thread; reads /proc and /dev.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/exec/executor.h"

namespace ccd::exec {

struct AllowedDevice {
    std::string name;  // a node, or a group as systemd has it: "char-tty"
    std::string access;
    bool operator==(const AllowedDevice&) const = default;
};

// Of the text of /proc/devices, the groups that no card belongs to. `card_majors` are those of the
// nodes of cards.
std::vector<std::string> groups_without_cards(std::string_view devices,
                                              const std::vector<unsigned>& card_majors);

// Of the text of /proc/devices. Empty: nothing is closed. So it is where there can be no cards:
// none is known, and the kernel has no group for any. Before cards were looked at, none is known; a
// job that begins then is shut out of all of them.
std::vector<AllowedDevice> allowed_devices(const Limits& limits, std::string_view devices);
std::vector<AllowedDevice> allowed_devices(const Limits& limits);

}  // namespace ccd::exec
