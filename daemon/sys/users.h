// Users by name and number, without ever waiting for the directory service that knows them.
//
// A look-up may take seconds on a network, so it is made elsewhere (`look_up`, any thread), and
// what it found is remembered here. Until then a user goes by number. Look-ups are made one by one:
// a service that does not answer must not hold up every thread that jobs are started on. Numbers
// are given out again, so what is known is looked up anew from time to time.
//
// Owner: the daemon. Loop thread only, but for look_up.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ccd/time.h"

namespace ccd::sys {

struct User {
    std::string name;
    std::string home;  // empty: not known
    std::string shell;
};

class Users {
public:
    // Asks the system. May block. None: it does not know him, or could not be asked.
    static std::optional<User> look_up(std::uint32_t uid);

    // A look-up is as good as new for so long; one that found nobody not as long.
    static constexpr std::chrono::minutes found_age{10};
    static constexpr std::chrono::seconds missing_age{10};

    // Learns all users of a file like /etc/passwd; none where it cannot be read.
    void learn_file(const std::string& path, Time now);

    // Notes a user who is to be looked up, unless that was done lately.
    void want(std::uint32_t uid, Time now);
    // Whom to look up now, to be learnt: nobody while the one before is not.
    std::optional<std::uint32_t> next();
    // None: he was not found. Who is known stays so, for the directory may be away.
    void learn(std::uint32_t uid, std::optional<User> user, Time now);

    std::string name_of(std::uint32_t uid) const;
    // What a login sets, NAME=VALUE, as far as it is known of him: HOME, USER, LOGNAME, SHELL,
    // PATH. None: he has not been looked up yet.
    std::optional<std::vector<std::string>> environment_of(std::uint32_t uid) const;
    // By a name that has been learnt, or by number.
    std::optional<std::uint32_t> find(std::string_view name) const;

private:
    struct Known {
        User user;  // without a name: not found
        bool is_looked_up = false;
        bool is_wanted = false;
        Time as_of{};  // of the latest look-up
    };

    std::unordered_map<std::uint32_t, Known> known_;
    std::deque<std::uint32_t> wanted_;
    bool is_looking_up_ = false;
};

}  // namespace ccd::sys
