// Descriptors kept by a process of ours, where there is no service manager: `ccd-shim --keep`.
//
// It is begun with the first descriptor. Each call is a packet and its answer, which the keeper
// gives at once; one that does not answer within a second is given up, and what it keeps is lost
// with the next ccd.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <string>

#include "daemon/sys/descriptor_store.h"

namespace ccd::exec {

class KeeperStore final : public sys::DescriptorStore {
public:
    // `socket` is where the keeper is found, or made by the program `shim`.
    KeeperStore(std::string socket, std::string shim)
        : socket_(std::move(socket)), shim_(std::move(shim)) {}

    // What the keeper of an earlier ccd has; nothing where there is none.
    sys::KeptDescriptors take();

    Result<void> keep(const std::string& name, int descriptor) override;
    void drop(const std::string& name) override;
    void leave() override;

private:
    Result<void> connect();
    Result<void> begin();
    Result<char> ask(char verb, const std::string& name, int descriptor);

    std::string socket_;
    std::string shim_;
    UniqueFd connection_;
};

}  // namespace ccd::exec
