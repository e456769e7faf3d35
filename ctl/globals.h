// The options that every command takes.
#pragma once

#include <optional>
#include <string>

#include "ccd/field.h"
#include "ccd/time.h"

namespace ccd::ctl {

struct Globals {
    std::optional<std::string> socket;
    bool json = false;
    std::optional<Millis> timeout;
    bool no_color = false;
    bool help = false;
    bool version = false;

    bool operator==(const Globals&) const = default;

    static constexpr auto fields = field::List{
        field::optional("socket", &Globals::socket, "Socket of the daemon"),
        field::optional("json", &Globals::json, "Print JSON, errors too; logs refuses it"),
        field::optional("timeout", &Globals::timeout,
                        "Give up after this long; default: 30s, none for wait, streams, and "
                        "messages of queues"),
        field::optional("no_color", &Globals::no_color, "Print without colours"),
        field::optional("help", &Globals::help, "Show how the command is used"),
        field::optional("version", &Globals::version, "Show the version of ccctl"),
    };
};

}  // namespace ccd::ctl
