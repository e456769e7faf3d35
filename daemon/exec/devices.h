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

// Empty where no card has a node: then nothing is closed.
std::vector<AllowedDevice> allowed_devices(const Limits& limits);

}  // namespace ccd::exec
