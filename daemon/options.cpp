#include "daemon/options.h"

#include <algorithm>
#include <array>

#include "lib/text/nearest.h"
#include "lib/text/quote.h"

namespace ccd::daemon {
namespace {

using text::quote;

struct Option {
    std::string_view name;
    bool has_value;
    void (*apply)(Options& options, std::string_view value);
};

void raise(Options& options, Options::Action action) {
    options.action = std::max(options.action, action);
}

constexpr std::array table{
    Option{"--config", true, [](Options& o, std::string_view value) { o.config_file = value; }},
    Option{"--set", true,
           [](Options& o, std::string_view value) { o.settings.emplace_back(value); }},
    Option{"--user", false, [](Options& o, std::string_view) { o.is_user = true; }},
    Option{"--check-config", false,
           [](Options& o, std::string_view) { raise(o, Options::Action::check_config); }},
    Option{"--version", false,
           [](Options& o, std::string_view) { raise(o, Options::Action::show_version); }},
    Option{"--help", false,
           [](Options& o, std::string_view) { raise(o, Options::Action::show_help); }},
};

tl::unexpected<Error> unknown(std::string_view argument) {
    std::array<std::string_view, table.size()> names;
    std::ranges::transform(table, names.begin(), &Option::name);
    auto meant = text::nearest(argument, names);
    return failure(Errc::bad_request,
                   "unknown argument " + quote(argument) +
                       (meant ? "; did you mean " + quote(*meant) + "?" : "; see ccd --help"));
}

}  // namespace

Result<Options> parse_options(std::span<const std::string_view> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto equals = arguments[i].find('=');
        auto name = arguments[i].substr(0, equals);
        const auto* option = std::ranges::find(table, name, &Option::name);
        if (option == table.end()) return unknown(name);
        bool is_joined = equals != name.npos;
        if (is_joined && !option->has_value)
            return failure(Errc::bad_request, std::string(name) + " takes no value");
        if (option->has_value && !is_joined && i + 1 == arguments.size())
            return failure(Errc::bad_request, std::string(name) + " needs a value");
        std::string_view value;
        if (is_joined)
            value = arguments[i].substr(equals + 1);
        else if (option->has_value)
            value = arguments[++i];
        if (option->has_value && value.empty())
            return failure(Errc::bad_request, std::string(name) + " needs a value");
        option->apply(options, value);
    }
    return options;
}

std::string_view usage() {
    return R"(Usage: ccd [OPTION]...

Queues and runs jobs, and is what programs on this machine coordinate through.
Always in the foreground; logs to the journal under systemd, else to standard error.

  --config FILE     read FILE instead of /etc/ccd/ccd.toml and /etc/ccd/conf.d/*.toml
  --set KEY=VALUE   override one key; may be repeated
  --user            serve this user alone, from the XDG directories
  --check-config    read the configuration, say what is wrong with it, and exit
  --version         show the version and exit
  --help            show this and exit

Exit codes: 0 stopped, 2 bad usage or configuration, 3 another ccd owns the state
directory, 4 storage cannot be used at start.
)";
}

}  // namespace ccd::daemon
