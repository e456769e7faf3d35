#include "daemon/exec/layout.h"

#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/sealed_spec.h"
#include "daemon/sys/account.h"

namespace ccd::exec {

Result<Layout> lay_out(const Launch& launch, const std::string& boot_id, bool is_of_system) {
    UniqueFd log = CCD_TRY(open_log(launch.log_file));
    auto make = [&]() -> Result<Layout> {
        Layout layout;
        if (is_of_system) {
            CCD_TRY(sys::open_account(launch.uid));
            layout.user = launch.uid;
        }
        layout.spec = CCD_TRY(seal_spec(launch, boot_id));
        if (is_of_system) layout.devices = allowed_devices(launch.limits);
        return layout;
    };
    Result<Layout> layout = make();
    if (layout)
        layout->log = std::move(log);
    else
        give_up_log(log, launch.log_file, layout.error());
    return layout;
}

}  // namespace ccd::exec
