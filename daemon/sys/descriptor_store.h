// Descriptors that outlive this process: somebody keeps them while it is away.
//
// Names are of at most 24 bytes, without colon. What was kept comes back to the next ccd once, when
// it starts; it stays kept until it is dropped. Who keeps it may not hear of a drop: so what comes
// back and is not needed is dropped again.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ccd/result.h"
#include "ccd/unique_fd.h"

namespace ccd::sys {

// Before the names of ours at the service manager, which has others for our sockets.
inline constexpr std::string_view kept_prefix = "kept-";

using KeptDescriptors = std::map<std::string, UniqueFd>;

class DescriptorStore {
public:
    virtual ~DescriptorStore() = default;

    virtual Result<void> keep(const std::string& name, int descriptor) = 0;
    virtual void drop(const std::string& name) = 0;
    // This process ends by itself, and nobody may come back.
    virtual void leave() = 0;
};

// The service manager's (FileDescriptorStoreMax= of the unit). Null: there is none, or it keeps
// nothing, which it would not say. That it does is in $FDSTORE: systemd sets it from 254 on, and
// our units do.
std::unique_ptr<DescriptorStore> manager_store();

}  // namespace ccd::sys
