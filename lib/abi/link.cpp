#include "lib/abi/link.h"

#include "lib/abi/failure.h"
#include "lib/client/cancellation.h"
#include "lib/client/socket_path.h"

namespace ccd::abi {

Result<std::shared_ptr<Link>> Link::open(const std::string& path, std::optional<Millis> timeout) {
    client::watch_forks();
    std::shared_ptr<Link> link{new Link{path, timeout}};
    CCD_TRY(link->with([](client::Client&) { return Result<void>{}; }));
    return link;
}

// An answer that came too late, and has come by now, is still heeded.
Link::~Link() {
    Connected& own = connected();
    if (own.client) own.client->is_connected();
    delete &own;
}

// In a child the first to come here replaces what its parent had. That is leaked on purpose: a
// thread that is not here may have locked it and left it half changed, and another of this process
// may be looking at its lineage. Only where nobody had locked it, the connection is closed.
Link::Connected& Link::connected() {
    Connected* seen = connected_.load(std::memory_order_acquire);
    if (seen->lineage == client::lineage()) return *seen;
    auto own = std::make_unique<Connected>();
    if (!connected_.compare_exchange_strong(seen, own.get(), std::memory_order_acq_rel))
        return *seen;
    if (const std::unique_lock lock{seen->mutex, std::try_to_lock}) seen->client.reset();
    return *own.release();
}

Result<void> Link::connect(std::optional<client::Client>& client) const {
    if (client && client->is_connected()) return {};
    client.reset();
    client.emplace(CCD_TRY(client::Client::open(path_, timeout_)));
    return {};
}

}  // namespace ccd::abi

using namespace ccd;

extern "C" int ccd_connect(const char* socket_path, std::int64_t timeout_ns,
                           ccd_client** client) noexcept {
    const client::NoCancellation uncancelled;
    if (client == nullptr) return abi::fail_for("client");
    std::optional<Millis> timeout;
    if (const auto patience = abi::patience_of(timeout_ns))
        timeout = std::chrono::ceil<Millis>(*patience);
    auto link = abi::Link::open(socket_path ? socket_path : client::default_socket_path(), timeout);
    if (!link) return abi::fail(link.error());
    *client = new ccd_client{*std::move(link)};
    return CCD_OK;
}

extern "C" void ccd_close(ccd_client* client) noexcept {
    const client::NoCancellation uncancelled;
    delete client;
}
