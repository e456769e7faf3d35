// What has happened to a job, as an entry of the journal.
#pragma once

#include <functional>
#include <string>

#include "daemon/service/decisions.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {

// What is looked up with `journalctl --catalog`, in systemd/ccd.catalog; one for each class of
// entries.
namespace message {
inline constexpr const char* submitted = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b01";
inline constexpr const char* started = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b02";
inline constexpr const char* ended = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b03";
inline constexpr const char* lost = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b04";
inline constexpr const char* out_of_memory = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b05";
inline constexpr const char* store_down = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b06";
inline constexpr const char* store_back = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b07";
inline constexpr const char* executor_away = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b08";
inline constexpr const char* executor_back = "5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b09";
}  // namespace message

struct Entry {
    sys::Priority priority = sys::Priority::info;
    std::string text;
    std::vector<sys::Field> fields;
};

// `user` is the name of the job's user.
Entry entry_of(const service::Note& note, const std::string& user);

}  // namespace ccd::daemon
