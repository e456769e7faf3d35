#include "daemon/service/keys.h"

#include <functional>

namespace ccd::service {
namespace {

std::uint64_t hash_of(std::uint32_t uid, std::string_view key) {
    return std::hash<std::string_view>{}(key) ^ (std::uint64_t{uid} * 0x9e3779b97f4a7c15);
}

}  // namespace

void Keys::add(std::uint32_t uid, std::string_view key, job::Id job) {
    jobs_.emplace(hash_of(uid, key), job);
}

void Keys::remove(std::uint32_t uid, std::string_view key, job::Id job) {
    auto [at, end] = jobs_.equal_range(hash_of(uid, key));
    while (at != end && at->second != job) ++at;
    if (at != end) jobs_.erase(at);
}

std::vector<job::Id> Keys::find(std::uint32_t uid, std::string_view key) const {
    std::vector<job::Id> found;
    auto [at, end] = jobs_.equal_range(hash_of(uid, key));
    for (; at != end; ++at) found.push_back(at->second);
    return found;
}

}  // namespace ccd::service
