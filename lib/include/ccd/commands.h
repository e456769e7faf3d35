// The command table. Its order is the order of help.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "ccd/admin.h"
#include "ccd/batch.h"
#include "ccd/host.h"
#include "ccd/job.h"
#include "ccd/job_change.h"
#include "ccd/queue.h"

namespace ccd {

using Commands =
    std::tuple<job::Submit, job::Batch, job::Status, job::List, job::Logs, job::Wait, job::Cancel,
               job::Hold, job::Release, job::Signal, job::Retry, job::Set, job::Why, job::Events,
               queue::Create, queue::Put, queue::Get, queue::List, queue::Stat, queue::Destroy,
               queue::Attach, queue::Detach, host::Gpus, host::Stats, host::Health, host::Version,
               host::Ping, admin::Hello, admin::Check, admin::Drain, admin::Resume>;

namespace detail {

template <class... Command>
auto travelling(std::type_identity<std::tuple<Command...>>) -> decltype(std::tuple_cat(
    std::conditional_t<Travels<Command>, std::tuple<Command>, std::tuple<>>{}...));

template <class... Command>
auto typed(std::type_identity<std::tuple<Command...>>) -> decltype(std::tuple_cat(
    std::conditional_t<IsTyped<Command>, std::tuple<Command>, std::tuple<>>{}...));

template <class... Command>
constexpr auto infos_of(std::type_identity<std::tuple<Command...>>) {
    return std::array{&Command::info...};
}

// Every name once, and no verb of an implied noun twice: such verbs may be written alone.
consteval bool all_distinct() {
    auto infos = infos_of(std::type_identity<Commands>{});
    for (auto a = infos.begin(); a != infos.end(); ++a)
        for (auto b = a + 1; b != infos.end(); ++b) {
            bool are_alone = (*a)->noun_is_implied() && (*b)->noun_is_implied();
            if ((*a)->name == (*b)->name || (are_alone && (*a)->verb() == (*b)->verb()))
                return false;
        }
    return true;
}

}  // namespace detail

static_assert(detail::all_distinct(), "two commands share a name");

// Those that the daemon answers.
using WireCommands = decltype(detail::travelling(std::type_identity<Commands>{}));

// Those that people type.
using TypedCommands = decltype(detail::typed(std::type_identity<Commands>{}));

// Calls `visit.template operator()<Command>()` for each command, in order.
template <class Visit>
constexpr void for_each_command(Visit&& visit) {
    [&]<class... Command>(std::type_identity<std::tuple<Command...>>) {
        (visit.template operator()<Command>(), ...);
    }(std::type_identity<Commands>{});
}

}  // namespace ccd
