// A client that several threads may use, and that connects anew when it has to.
//
// It does so after the daemon has closed the connection, and in a child that was forked: there the
// connection is the parent's.
//
// Owners: the ccd_client and the ccd_queues that were opened with it, whichever goes last; a
// program closes them in any order, perhaps in several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ccd/result.h"
#include "lib/client/client.h"

namespace ccd::abi {

class Link {
public:
    static Result<std::shared_ptr<Link>> open(const std::string& path,
                                              std::optional<Millis> timeout);

    // `use(client)` with a client that is connected as far as one can know.
    template <class Use>
    auto with(Use use) -> decltype(use(std::declval<client::Client&>())) {
        const std::scoped_lock lock{mutex_};
        CCD_TRY(connect());
        return use(*client_);
    }

private:
    Link(const std::string& path, std::optional<Millis> timeout) : path_(path), timeout_(timeout) {}

    Result<void> connect();

    const std::string path_;
    const std::optional<Millis> timeout_;
    std::mutex mutex_;
    // By mutex_.
    std::optional<client::Client> client_;
    std::uint32_t lineage_ = 0;  // of whoever connected
};

}  // namespace ccd::abi

// What C knows of it.
struct ccd_client {
    std::shared_ptr<ccd::abi::Link> link;
};
