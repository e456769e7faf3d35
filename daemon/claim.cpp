#include "daemon/claim.h"

#include <filesystem>

#include "daemon/places.h"
#include "daemon/sys/directory.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {
namespace {

namespace fs = std::filesystem;

// Whether it may be closed to others: nothing but a ccd's is in it, or nothing yet.
bool is_for_ccd(const Config& config) {
    std::error_code error;
    return fs::exists(database_path(config), error) || fs::is_empty(config.state_dir, error);
}

// Environments, output and the database are in it.
Result<void> prepare_state(const Config& config) {
    const auto& directory = config.state_dir;
    CCD_TRY(sys::make_directory(directory, 0700));
    if (CCD_TRY(sys::is_private(directory))) return {};
    auto name = "'" + directory.string() + "'";
    if (!is_for_ccd(config))
        return failure(Errc::storage_unavailable,
                       "others can enter the state directory " + name +
                           ", which holds more than ccd's own; 'chmod 0700' it, or name another "
                           "(daemon.state_dir)");
    CCD_TRY(sys::make_private(directory));
    sys::log(sys::Priority::warning,
             "others could enter the state directory " + name + "; its mode is 0700 now");
    return {};
}

}  // namespace

Result<Claim> Claim::take(const Config& config) {
    CCD_TRY(prepare_state(config));
    // Clients have to reach the socket, which may be in it.
    CCD_TRY(sys::make_directory(config.runtime_dir, 0755));
    CCD_TRY(sys::is_private(config.runtime_dir));
    auto state = CCD_TRY(store::StateLock::take(config.state_dir));
    auto runtime =
        CCD_TRY(store::StateLock::take(config.runtime_dir, "runtime.lock", "runtime directory"));
    return Claim{std::move(state), std::move(runtime)};
}

}  // namespace ccd::daemon
