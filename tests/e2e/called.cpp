#include "tests/e2e/called.h"

#include "ccd/commands.h"

namespace ccd::e2e {
namespace {

std::set<std::string>& names() {
    static std::set<std::string> noted;
    return noted;
}

bool is_named_by(const CommandInfo& info, std::span<const std::string> words) {
    if (info.noun_is_implied() && words[0] == info.verb()) return true;
    return words.size() > 1 && words[0] == info.noun() && words[1] == info.verb();
}

}  // namespace

const std::set<std::string>& called() {
    return names();
}

void note_called(std::string_view wire_name) {
    for_each_command([&]<class Command>() {
        if (Command::info.name == wire_name) names().emplace(wire_name);
    });
}

void note_words(std::span<const std::string> words) {
    if (words.empty()) return note_called("job.status");
    for_each_command([&]<class Command>() {
        if (is_named_by(Command::info, words)) names().emplace(Command::info.name);
    });
}

}  // namespace ccd::e2e
