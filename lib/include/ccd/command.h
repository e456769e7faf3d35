// What a command says of itself besides its fields.
//
// A command is a type with `Request`, `Reply`, `info`, `request_fields` and `reply_fields`; the
// list of all of them is ccd/commands.h. A command may also have `Local` and `local_fields`:
// options that ccctl itself carries out and that never travel.
#pragma once

#include <cstdint>
#include <string_view>

namespace ccd {

enum class Effect : std::uint8_t { reads, writes };
enum class Audience : std::uint8_t { anyone, owner, admin };
enum class Shape : std::uint8_t {
    once,    // one reply
    stream,  // notifications with items, ended by the reply
    local,   // never on the wire: ccctl carries it out, with other commands
};

struct CommandInfo {
    std::string_view name;     // wire name; ccctl spells the dot as a space
    std::string_view summary;  // one line, no full stop
    Effect effect;
    Audience audience;
    Shape shape = Shape::once;
    // Not to be typed: it travels with descriptors.
    bool is_for_programs = false;
    std::string_view example;  // a ccctl line that must parse; run by the tests

    constexpr std::string_view noun() const { return name.substr(0, name.find('.')); }
    constexpr std::string_view verb() const { return name.substr(name.find('.') + 1); }
    // Verbs of these nouns may be written alone: `ccctl submit`, `ccctl gpus`.
    constexpr bool noun_is_implied() const { return noun() == "job" || noun() == "host"; }
};

// ccctl knows it.
template <class Command>
concept IsTyped = !Command::info.is_for_programs;

// The daemon knows it.
template <class Command>
concept Travels = Command::info.shape != Shape::local;

template <class Command>
concept HasLocal = requires {
    Command::local_fields;
};

struct Nothing {
    bool operator==(const Nothing&) const = default;
};

}  // namespace ccd
