#include "lib/abi/link.h"

#include "lib/abi/failure.h"
#include "lib/client/process.h"
#include "lib/client/socket_path.h"

namespace ccd::abi {

Result<std::shared_ptr<Link>> Link::open(const std::string& path, std::optional<Millis> timeout) {
    client::watch_forks();
    std::shared_ptr<Link> link{new Link{path, timeout}};
    CCD_TRY(link->connect());
    return link;
}

Result<void> Link::connect() {
    if (client_ && lineage_ == client::lineage() && client_->is_connected()) return {};
    client_.reset();
    client_.emplace(CCD_TRY(client::Client::open(path_, timeout_)));
    lineage_ = client::lineage();
    return {};
}

}  // namespace ccd::abi

using namespace ccd;

extern "C" int ccd_connect(const char* socket_path, std::int64_t timeout_ns,
                           ccd_client** client) noexcept {
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
    delete client;
}
