// The socket that clients connect to.
//
// Owner: daemon.cpp. Loop thread only.
#pragma once

#include <functional>
#include <string>

#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/loop/loop.h"

namespace ccd::net {

struct ListenerConfig {
    std::string path;
    std::string group;  // may connect too; where it is not known, only the owner may
    unsigned mode = 0660;
};

class Listener {
public:
    using OnConnection = std::function<void(UniqueFd socket)>;

    // Makes the socket in place of one that nobody listens on. `warning` is set where the group is
    // not known.
    static Result<UniqueFd> bind(const ListenerConfig& config, std::string& warning);

    // In what the access to a socket that was made for us is not what the configuration says;
    // empty: in nothing.
    static std::string compare_access(const ListenerConfig& config);

    // Takes connections from a listening socket until destroyed.
    Listener(loop::Loop& loop, UniqueFd socket, OnConnection on_connection);

private:
    void accept();
    bool shed();

    UniqueFd socket_;
    UniqueFd reserve_;  // a descriptor to give up when there are no more
    OnConnection on_connection_;
    loop::Timer resume_;
    loop::Poll poll_;
};

}  // namespace ccd::net
