// Names of users, without ever waiting for the directory service that knows them.
//
// A look-up may take seconds on a network, so it is made elsewhere (`look_up`, any thread), and
// what it found is remembered here. Until then a user goes by number. Look-ups are made one by one:
// a service that does not answer must not hold up every thread that jobs are started on.
//
// Owner: the daemon. Loop thread only, but for look_up.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ccd::sys {

class Users {
public:
    // Asks the system. May block.
    static std::string look_up(std::uint32_t uid);

    // Learns all users of a file like /etc/passwd; none where it cannot be read.
    void learn_file(const std::string& path);

    // Notes a user whom nobody has asked for yet.
    void want(std::uint32_t uid);
    // Whom to look up now, to be learnt: nobody while the one before is not.
    std::optional<std::uint32_t> next();
    void learn(std::uint32_t uid, std::string name);

    std::string name_of(std::uint32_t uid) const;
    // By a name that has been learnt, or by number.
    std::optional<std::uint32_t> find(std::string_view name) const;

private:
    std::unordered_map<std::uint32_t, std::string> names_;  // empty: wanted
    std::deque<std::uint32_t> wanted_;
    bool is_looking_up_ = false;
};

}  // namespace ccd::sys
