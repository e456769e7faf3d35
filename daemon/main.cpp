#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/instance.h"
#include "daemon/options.h"
#include "daemon/sys/process.h"

namespace {

using namespace ccd;
using namespace ccd::daemon;

int complain(const Error& error, Daemon::Exit exit_code) {
    std::fprintf(stderr, "ccd: %s\n", error.message.c_str());
    return exit_code;
}

Daemon::Exit exit_of(const Error& error) {
    if (error.code == Errc::conflict) return Daemon::already_running;
    if (error.code == Errc::bad_request) return Daemon::bad_usage;
    return Daemon::storage_unusable;
}

Result<Config> read_config(const Options& options) {
    Instance instance;
    if (options.is_user)
        instance = CCD_TRY(
            user_instance([](const char* name) -> const char* { return std::getenv(name); }));
    std::vector<std::filesystem::path> files;
    if (options.config_file)
        files.push_back(*options.config_file);
    else
        files = CCD_TRY(config_files(instance.config_dir));
    return load_config(std::move(instance.defaults), files, options.settings);
}

int run(const Options& options) {
    auto config = read_config(options);
    if (!config) return complain(config.error(), Daemon::bad_usage);
    if (options.action == Options::Action::check_config) {
        std::puts("the configuration is good");
        return Daemon::ended_well;
    }
    auto daemon = Daemon::create(std::move(*config), [&] { return read_config(options); });
    if (!daemon) return complain(daemon.error(), exit_of(daemon.error()));
    return (*daemon)->run();
}

}  // namespace

int main(int argc, char** argv) {
    ccd::sys::prepare_process();
    std::vector<std::string_view> arguments{argv + 1, argv + argc};
    auto options = parse_options(arguments);
    if (!options) return complain(options.error(), Daemon::bad_usage);
    switch (options->action) {
        case Options::Action::show_help:
            std::fputs(std::string{usage()}.c_str(), stdout);
            return Daemon::ended_well;
        case Options::Action::show_version:
            std::puts("ccd " CCD_VERSION);
            return Daemon::ended_well;
        case Options::Action::run:
        case Options::Action::check_config:
            return run(*options);
    }
}
