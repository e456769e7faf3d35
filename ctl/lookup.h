// From the first words of a command line to the command they name.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ccd/commands.h"
#include "ctl/arguments.h"

namespace ccd::ctl {

// A command as the command line and the help see it.
struct Row {
    const CommandInfo* info;
    std::span<const Argument> arguments;

    // As it is typed, in the shortest way: "submit", "admin drain".
    std::string spelling() const;
};

namespace detail {

template <class... Command>
constexpr auto make_rows(std::type_identity<std::tuple<Command...>>) {
    return std::array{Row{&Command::info, arguments_of<Command>}...};
}

}  // namespace detail

// In the order of the command table, of those that are typed.
inline constexpr auto rows = detail::make_rows(std::type_identity<TypedCommands>{});

struct Found {
    std::size_t row;
    std::size_t words;  // that its name was
};

// Names are looked up whole. Refuses an unknown one with the nearest known.
Result<Found> find_command(Words words);

}  // namespace ccd::ctl
