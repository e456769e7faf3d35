// Where things are kept. Everything that ccd makes is under state_dir and runtime_dir.
#pragma once

#include <filesystem>
#include <string>

#include "ccd/job.h"
#include "daemon/config.h"

namespace ccd::daemon {

inline std::string database_path(const Config& config) {
    return config.state_dir / "ccd.db";
}

// Claims and ends of attempts; gone after a reboot, as the attempts are.
inline std::string records_path(const Config& config) {
    return config.runtime_dir / "jobs";
}

// Where the keeper of descriptors is found.
inline std::string keeper_path(const Config& config) {
    return config.runtime_dir / "keeper.sock";
}

inline std::filesystem::path logs_path(const Config& config) {
    return config.state_dir / "logs";
}

// A thousand jobs share a directory, so that none grows without end.
inline std::string log_path(const Config& config, job::Id job, std::uint32_t attempt) {
    return logs_path(config) / std::to_string(job / 1000) /
           (std::to_string(job) + "." + std::to_string(attempt) + ".log");
}

// The program ccd-shim: beside ccd itself, else where the package puts it.
std::string shim_path();

}  // namespace ccd::daemon
