#include "daemon/exec/layout.h"

#include <sys/stat.h>

#include <utility>

#include "daemon/exec/log_file.h"
#include "daemon/exec/sealed_spec.h"

namespace ccd::exec {

Result<Layout> lay_out(const Launch& launch, const std::string& boot_id, Scope scope) {
    UniqueFd log = CCD_TRY(open_log(launch.log_file));
    Layout layout;
    Result<UniqueFd> spec = seal_spec(launch, boot_id);
    if (!spec) {
        give_up_log(log, launch.log_file, spec.error());
        return tl::unexpected{std::move(spec.error())};
    }
    layout.spec = std::move(*spec);
    layout.log = std::move(log);
    if (scope == Scope::user) return layout;
    // Its processes open it anew by the names /dev/stdout and /dev/stderr, as a user whose it is
    // not. Nobody else can reach it: its folder is ours alone.
    fchmod(layout.log.get(), 0602);
    layout.user = launch.uid;
    layout.devices = allowed_devices(launch.limits);
    return layout;
}

}  // namespace ccd::exec
