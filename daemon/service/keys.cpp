#include "daemon/service/keys.h"

#include <functional>

namespace ccd::service {
namespace {

std::uint64_t hash_of(std::uint32_t uid, std::string_view key) {
    return std::hash<std::string_view>{}(key) ^ (std::uint64_t{uid} * 0x9e3779b97f4a7c15);
}

}  // namespace

void Keys::add(std::uint32_t uid, std::string_view key, job::Id job) {
    entries_.insert({.hash = hash_of(uid, key), .job = job});
}

void Keys::remove(std::uint32_t uid, std::string_view key, job::Id job) {
    entries_.erase({.hash = hash_of(uid, key), .job = job});
}

std::vector<job::Id> Keys::find(std::uint32_t uid, std::string_view key) const {
    std::vector<job::Id> found;
    auto hash = hash_of(uid, key);
    entries_.visit_from({.hash = hash}, [&](const Entry& entry) {
        if (entry.hash == hash) found.push_back(entry.job);
        return entry.hash == hash;
    });
    return found;
}

}  // namespace ccd::service
