// Errors are values: an Error is a code and a sentence, a Result is a value or an Error.
//
// Code branches on the Errc only; the sentence is for people and may change in any release. The
// table below is the single list of codes: wire name, exit code of ccctl, and whether the same
// request may succeed later.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "ccd/time.h"

namespace ccd {

// These numbers are part of the C ABI: never renumber.
enum class Errc : std::uint8_t {
    bad_request = 1,
    not_found = 2,
    conflict = 3,
    denied = 4,
    over_limit = 5,
    storage_unavailable = 6,
    timeout = 7,
    unreachable = 8,
    internal = 9,
};

struct ErrcInfo {
    Errc code;
    std::string_view name;  // as on the wire
    int exit_code;          // of ccctl
    bool may_retry;         // the same request may succeed later
};

inline constexpr std::array errc_table{
    ErrcInfo{Errc::bad_request, "bad-request", 2, false},
    ErrcInfo{Errc::not_found, "not-found", 3, false},
    ErrcInfo{Errc::conflict, "conflict", 4, false},
    ErrcInfo{Errc::denied, "denied", 5, false},
    ErrcInfo{Errc::over_limit, "over-limit", 6, true},
    ErrcInfo{Errc::storage_unavailable, "storage-unavailable", 7, true},
    ErrcInfo{Errc::timeout, "timeout", 8, true},
    ErrcInfo{Errc::unreachable, "unreachable", 9, true},
    ErrcInfo{Errc::internal, "internal", 10, false},
};

constexpr const ErrcInfo& info_of(Errc code) {
    return errc_table[static_cast<std::size_t>(code) - 1];
}

static_assert(std::ranges::all_of(errc_table,
                                  [](const ErrcInfo& row) { return &info_of(row.code) == &row; }),
              "errc_table is indexed by the code");

constexpr std::optional<Errc> find_errc(std::string_view name) {
    const auto* row = std::ranges::find(errc_table, name, &ErrcInfo::name);
    return row == errc_table.end() ? std::nullopt : std::optional{row->code};
}

struct Error {
    Errc code = Errc::internal;
    std::string message;                  // a sentence: the thing, the number, the way out
    std::optional<Millis> retry_after{};  // when asking again makes sense
    // False where a write was refused after it had been batched: whether it took effect is known
    // only by asking again by its key.
    bool confirmed = true;

    bool operator==(const Error&) const = default;
};

// A class of its own, not an alias: it is [[nodiscard]] and never follows the user's -std=.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

// The error half of a Result, to be returned: `return failure(Errc::not_found, "no job 7")`.
inline tl::unexpected<Error> failure(Errc code, std::string message) {
    return tl::unexpected{Error{.code = code, .message = std::move(message)}};
}

namespace detail {

template <class T>
T take(Result<T>& result) {
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace detail

// Yields the value of a Result, or returns its error from the enclosing function.
// One per statement; not inside lambdas that return something else; nor in an aggregate's
// initialiser: of what was initialised before it GCC 12 destroys nothing when it returns.
#define CCD_TRY(expression)                                             \
    __extension__({                                                     \
        auto ccd_try_result = (expression);                             \
        if (!ccd_try_result) [[unlikely]]                               \
            return ::tl::unexpected{std::move(ccd_try_result.error())}; \
        ::ccd::detail::take(ccd_try_result);                            \
    })

}  // namespace ccd
