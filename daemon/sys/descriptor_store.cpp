#include "daemon/sys/descriptor_store.h"

#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace ccd::sys {
namespace {

class ManagerStore final : public DescriptorStore {
public:
    // It says nothing of one that it does not take. An older one of this name would be kept
    // besides.
    Result<void> keep(const std::string& name, int descriptor) override {
        drop(name);
        const auto state = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + std::string{kept_prefix} + name;
        const int sent = sd_pid_notify_with_fds(0, 0, state.c_str(), &descriptor, 1);
        if (sent > 0) return {};
        return failure(Errc::internal, "the service manager cannot be told: " +
                                           std::generic_category().message(sent < 0 ? -sent : 0));
    }
    void drop(const std::string& name) override {
        sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + std::string{kept_prefix} + name).c_str());
    }
    // It lets them go when the unit is stopped.
    void leave() override {}
};

}  // namespace

std::unique_ptr<DescriptorStore> manager_store() {
    const char* most = std::getenv("FDSTORE");
    if (std::getenv("NOTIFY_SOCKET") == nullptr || most == nullptr || std::atoi(most) <= 0)
        return nullptr;
    return std::make_unique<ManagerStore>();
}

}  // namespace ccd::sys
