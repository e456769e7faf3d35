// ccd's own command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/result.h"

namespace ccd::daemon {

struct Options {
    enum class Action : std::uint8_t { run, check_config, show_version, show_help };

    Action action = Action::run;
    bool is_user = false;
    std::optional<std::filesystem::path> config_file;  // replaces the instance's own files
    std::vector<std::string> settings;                 // KEY=VALUE, in order

    bool operator==(const Options&) const = default;
};

// `arguments` without the program's name. Refuses what it does not know, with the nearest option;
// of several actions, help goes before version and version before the check.
Result<Options> parse_options(std::span<const std::string_view> arguments);

std::string_view usage();

}  // namespace ccd::daemon
