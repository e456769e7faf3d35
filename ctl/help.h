// What ccctl says of itself, all of it from the command table.
#pragma once

#include <string>

#include "ccd/result.h"
#include "ctl/lookup.h"

namespace ccd::ctl {

// "ccctl cancel [--reason <reason>] <ids>..."
std::string usage(const Row& row);

// How one command is used: usage, summary, its options.
std::string command_help(const Row& row);

// All commands by noun, and the options that all of them take.
std::string overview();

// "<id>", "<ids>...", "--tag <tag>", "--hold".
std::string shape_of(const Argument& argument);

// Its documentation, with the values of a closed list where it does not name them itself.
std::string doc_of(const Argument& argument);

// `ccctl help [COMMAND]`. Besides, for the build and not in the overview: `--man`, `--completion`
// and `--protocol` give the command part of the man page, bash's completion and the command part
// of docs/protocol.md.
Result<std::string> help(Words words);

}  // namespace ccd::ctl
