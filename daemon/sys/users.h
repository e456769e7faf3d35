// Names of users, without ever waiting for the directory service that knows them.
//
// A look-up may take seconds on a network, so it is made elsewhere (`look_up`, any thread), and
// what it found is remembered here. Until then a user goes by number.
//
// Owner: the daemon. Loop thread only, but for look_up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ccd::sys {

class Users {
public:
    // Asks the system. May block.
    static std::string look_up(std::uint32_t uid);

    // True if nobody has asked for this user yet: look it up and `learn`.
    bool is_new(std::uint32_t uid);
    void learn(std::uint32_t uid, std::string name) { names_[uid] = std::move(name); }

    std::string name_of(std::uint32_t uid) const;
    // By a name that has been learnt, or by number.
    std::optional<std::uint32_t> find(std::string_view name) const;

private:
    std::unordered_map<std::uint32_t, std::string> names_;  // empty: being looked up
};

}  // namespace ccd::sys
