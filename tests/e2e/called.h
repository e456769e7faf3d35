// Which commands were called end to end, by their wire names.
//
// Thread: the main thread only.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace ccd::e2e {

// Only those that are in the table: `frobnicate` is no command, whoever calls it.
const std::set<std::string>& called();

void note_called(std::string_view wire_name);
// As ccctl's command line names it, without the options for all commands before it.
void note_words(std::span<const std::string> words);

}  // namespace ccd::e2e
