// A client that several threads may use, by turns, and that connects anew when it has to.
//
// It does so after the daemon has closed the connection, and in a child that was forked: there the
// connection is the parent's. Another thread of the parent may have had its turn at the fork. That
// thread is not in the child, and its lock is held for ever there; so the child has a lock of its
// own.
//
// Owners: the ccd_client and the ccd_queues that were opened with it, whichever goes last; a
// program closes them in any order, perhaps in several threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ccd/result.h"
#include "lib/client/client.h"
#include "lib/client/process.h"

namespace ccd::abi {

class Link {
public:
    static Result<std::shared_ptr<Link>> open(const std::string& path,
                                              std::optional<Millis> timeout);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();

    // `use(client)` with a client that is connected as far as one can know.
    template <class Use>
    auto with(Use use) -> decltype(use(std::declval<client::Client&>())) {
        Connected& own = connected();
        const std::scoped_lock lock{own.mutex};
        CCD_TRY(connect(own.client));
        return use(*own.client);
    }

private:
    // What one process has.
    struct Connected {
        const std::uint32_t lineage = client::lineage();
        std::mutex mutex;
        std::optional<client::Client> client;  // by the mutex
    };

    Link(const std::string& path, std::optional<Millis> timeout)
        : path_(path), timeout_(timeout), connected_(new Connected) {}

    Connected& connected();
    Result<void> connect(std::optional<client::Client>& client) const;

    const std::string path_;
    const std::optional<Millis> timeout_;
    std::atomic<Connected*> connected_;  // owned
};

}  // namespace ccd::abi

// What C knows of it.
struct ccd_client {
    std::shared_ptr<ccd::abi::Link> link;
};
