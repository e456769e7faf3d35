// The Kind of each C++ type that a field may have: how MessagePack is written to it.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "ccd/field.h"
#include "ccd/time.h"
#include "lib/wire/parse.h"

namespace ccd::wire {

template <class T>
struct KindOf;

// The Kind of T, by address: it names a T from now on.
template <class T>
constexpr const Kind* kind_of = &KindOf<T>::kind;

namespace detail {

template <class T>
T& as(void* object) {
    return *static_cast<T*>(object);
}

// Stores an integer if T can hold it.
template <std::integral T>
bool store(T& to, Integer from) {
    if (from.is_negative) {
        auto value = static_cast<std::int64_t>(from.bits);
        if (!std::is_signed_v<T> || value < std::numeric_limits<std::int64_t>::min() ||
            static_cast<std::int64_t>(std::numeric_limits<T>::min()) > value)
            return false;
        to = static_cast<T>(value);
        return true;
    }
    if (from.bits > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) return false;
    to = static_cast<T>(from.bits);
    return true;
}

}  // namespace detail

template <>
struct KindOf<bool> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"true or false"}; },
        .boolean =
            [](void* object, bool value) {
                detail::as<bool>(object) = value;
                return true;
            },
    };
};

template <std::integral T>
struct KindOf<T> {
    static constexpr Kind kind{
        .expects =
            [] {
                return "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                       std::to_string(std::numeric_limits<T>::max());
            },
        .integer = [](void* object,
                      Integer value) { return detail::store(detail::as<T>(object), value); },
    };
};

template <>
struct KindOf<double> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"a number"}; },
        .integer =
            [](void* object, Integer value) {
                detail::as<double>(object) = value.is_negative
                                                 ? static_cast<double>(std::int64_t(value.bits))
                                                 : static_cast<double>(value.bits);
                return true;
            },
        .real =
            [](void* object, double value) {
                detail::as<double>(object) = value;
                return true;
            },
    };
};

template <>
struct KindOf<std::string> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"a string"}; },
        .text =
            [](void* object, std::string_view value) {
                detail::as<std::string>(object) = value;
                return true;
            },
    };
};

template <>
struct KindOf<Blob> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"binary"}; },
        .binary =
            [](void* object, std::string_view value) {
                detail::as<Blob>(object).bytes = value;
                return true;
            },
    };
};

// Durations travel as milliseconds, never negative.
template <>
struct KindOf<Millis> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"a duration in milliseconds, 0 or more"}; },
        .integer =
            [](void* object, Integer value) {
                // So far below the limit that adding one to a moment cannot overflow it.
                if (value.is_negative || value.bits > std::uint64_t{1} << 50) return false;
                detail::as<Millis>(object) = Millis{static_cast<std::int64_t>(value.bits)};
                return true;
            },
    };
};

template <>
struct KindOf<WallTime> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"a time in milliseconds since 1970"}; },
        .integer =
            [](void* object, Integer value) {
                if (value.is_negative || value.bits > std::uint64_t{1} << 50) return false;
                detail::as<WallTime>(object) =
                    WallTime{Millis{static_cast<std::int64_t>(value.bits)}};
                return true;
            },
    };
};

template <>
struct KindOf<Bytes> {
    static constexpr Kind kind{
        .expects = [] { return std::string{"a size in bytes"}; },
        .integer =
            [](void* object, Integer value) {
                return detail::store(detail::as<Bytes>(object).count, value);
            },
    };
};

template <NamedEnum E>
struct KindOf<E> {
    static std::string expects() {
        std::string names;
        for (const auto& row : enumerators(E{}))
            names.append(names.empty() ? "one of " : ", ").append(row.name);
        return names;
    }
    static constexpr Kind kind{
        .expects = expects,
        .text =
            [](void* object, std::string_view value) {
                auto found = find_enum<E>(value);
                if (found) detail::as<E>(object) = *found;
                return found.has_value();
            },
    };
};

// What T accepts, and nil.
template <class T>
struct KindOf<std::optional<T>> {
    static void* emplace(void* object) { return &detail::as<std::optional<T>>(object).emplace(); }

    // Calls a function of T's kind on a fresh T; null where T's kind has none.
    template <auto member>
    static constexpr auto forward() {
        using Function = std::remove_cvref_t<decltype(KindOf<T>::kind.*member)>;
        if constexpr (KindOf<T>::kind.*member == nullptr) {
            return Function{nullptr};
        } else {
            return []<class Return, class... Value>(
                       std::type_identity<Return (*)(void*, Value...)>) -> Function {
                return [](void* object, Value... value) {
                    return (KindOf<T>::kind.*member)(emplace(object), value...);
                };
            }(std::type_identity<Function>{});
        }
    }

    static constexpr Kind kind{
        .expects = KindOf<T>::kind.expects,
        .nil =
            [](void* object) {
                detail::as<std::optional<T>>(object).reset();
                return true;
            },
        .boolean = forward<&Kind::boolean>(),
        .integer = forward<&Kind::integer>(),
        .real = forward<&Kind::real>(),
        .text = forward<&Kind::text>(),
        .binary = forward<&Kind::binary>(),
        .array = forward<&Kind::array>(),
        .map = forward<&Kind::map>(),
    };
};

template <class T>
struct KindOf<std::vector<T>> {
    // Lambdas: under UBSan GCC does not compare a function's address with null at compile time.
    static constexpr Kind kind{
        .expects = [] { return std::string{"an array"}; },
        .array =
            [](void* object) {
                detail::as<std::vector<T>>(object).clear();
                return Target{kind_of<std::vector<T>>, object};
            },
        .item =
            [](void* object) {
                return Target{kind_of<T>, &detail::as<std::vector<T>>(object).emplace_back()};
            },
    };
};

template <class T>
struct KindOf<std::map<std::string, T>> {
    static Target map(void* object) {
        detail::as<std::map<std::string, T>>(object).clear();
        return Target{kind_of<std::map<std::string, T>>, object};
    }
    static Target entry(void* object, std::string_view key, std::uint64_t&) {
        auto& entries = detail::as<std::map<std::string, T>>(object);
        auto [at, is_new] = entries.try_emplace(std::string{key});
        return Target{kind_of<T>, is_new ? &at->second : nullptr};
    }
    static constexpr Kind kind{
        .expects = [] { return std::string{"a map"}; },
        .map = map,
        .entry = entry,
    };
};

// A struct by a tuple of its fields.
template <class T, const auto& fields>
struct KindOfStruct {
    struct Slot {
        std::string_view name;
        bool is_required;
        Target (*target)(void*);
    };

    static constexpr std::size_t size = std::remove_cvref_t<decltype(fields)>::size;
    static_assert(size <= 64, "one bit a field");

    template <std::size_t i>
    static Target target(void* object) {
        constexpr auto field = field::get<i>(fields);
        return Target{kind_of<typename decltype(field)::Value>,
                      &(detail::as<T>(object).*field.member)};
    }

    static constexpr auto slots = []<std::size_t... i>(std::index_sequence<i...>) {
        return std::array<Slot, size>{
            Slot{field::get<i>(fields).name, field::get<i>(fields).is_required, target<i>}...};
    }
    (std::make_index_sequence<size>{});

    // Fields mostly come in the order of their declaration, so the search goes round from the
    // one behind the last.
    static Target entry(void* object, std::string_view key, std::uint64_t& seen) {
        auto first = static_cast<std::size_t>(std::bit_width(seen));
        for (std::size_t n = 0; n < size; ++n) {
            auto i = first + n < size ? first + n : first + n - size;
            if (slots[i].name != key) continue;
            auto bit = std::uint64_t{1} << i;
            auto found = slots[i].target(object);
            if ((seen & bit) != 0) found.object = nullptr;
            seen |= bit;
            return found;
        }
        return {};
    }

    static std::string_view missing(std::uint64_t seen) {
        for (std::size_t i = 0; i < size; ++i)
            if (slots[i].is_required && (seen >> i & 1) == 0) return slots[i].name;
        return {};
    }

    static Target map(void* object);

    static constexpr Kind kind{
        .expects = [] { return std::string{"a map of fields"}; },
        .map = map,
        .entry = entry,
        .missing = missing,
    };
};

template <class T, const auto& fields>
Target KindOfStruct<T, fields>::map(void* object) {
    return Target{&kind, object};
}

template <field::Described T>
struct KindOf<T> : KindOfStruct<T, T::fields> {};

}  // namespace ccd::wire
