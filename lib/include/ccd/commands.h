// The command table. Its order is the order of help.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ccd/admin.h"
#include "ccd/host.h"
#include "ccd/job.h"

namespace ccd {

using Commands =
    std::tuple<job::Submit, job::Status, job::List, job::Logs, job::Wait, job::Cancel, job::Hold,
               job::Release, job::Why, job::Events, host::Gpus, host::Stats, host::Health,
               host::Version, host::Ping, admin::Hello, admin::Drain, admin::Resume>;

namespace detail {

template <class... Command>
constexpr auto names_of(std::type_identity<std::tuple<Command...>>) {
    return std::array{Command::info.name...};
}

// Every name once, and no verb of an implied noun spelled like another verb or noun.
consteval bool all_distinct() {
    auto names = names_of(std::type_identity<Commands>{});
    for (auto a = names.begin(); a != names.end(); ++a)
        for (auto b = a + 1; b != names.end(); ++b) {
            if (*a == *b) return false;
            CommandInfo first{
                .name = *a, .summary = {}, .effect = {}, .audience = {}, .example = {}};
            CommandInfo second{
                .name = *b, .summary = {}, .effect = {}, .audience = {}, .example = {}};
            if (first.noun_is_implied() && second.noun_is_implied() &&
                first.verb() == second.verb())
                return false;
        }
    return true;
}

}  // namespace detail

static_assert(detail::all_distinct(), "two commands share a name");

// Calls `visit.template operator()<Command>()` for each command, in order.
template <class Visit>
constexpr void for_each_command(Visit&& visit) {
    [&]<class... Command>(std::type_identity<std::tuple<Command...>>) {
        (visit.template operator()<Command>(), ...);
    }(std::type_identity<Commands>{});
}

}  // namespace ccd
