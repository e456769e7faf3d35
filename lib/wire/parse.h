// MessagePack from a stranger, straight into structs.
//
// A bounded visitor walks the bytes once and writes each value where its Target says. No tree is
// built and nothing is allocated by what a length claims: an array grows item by item as the
// items come. Depth, sizes and item counts are bounded; a duplicate field, a value of the wrong
// kind, an unknown field (in a request), ext types, NaN and bytes behind the value are refused
// with the name of the field.
//
// The tables that lead the visitor, one Kind per C++ type, are made in codec.h from fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ccd/result.h"

namespace ccd::wire {

inline constexpr std::size_t depth_limit = 16;
inline constexpr std::size_t item_limit = 65'536;  // of one array or map

struct Kind;

// Where a value goes: what kind of thing it is, and its address.
struct Target {
    const Kind* kind = nullptr;
    void* object = nullptr;
};

// An integer of either sign, so that the whole range of both fits.
struct Integer {
    bool is_negative = false;
    std::uint64_t bits = 0;  // two's complement if negative
};

// How values are written to one C++ type. A null function means: not of this kind. The others
// return false for a value that is out of range.
struct Kind {
    std::string (*expects)();  // "an integer", for the sentence of a refusal
    bool (*nil)(void*) = nullptr;
    bool (*boolean)(void*, bool) = nullptr;
    bool (*integer)(void*, Integer) = nullptr;
    bool (*real)(void*, double) = nullptr;
    bool (*text)(void*, std::string_view) = nullptr;
    bool (*binary)(void*, std::string_view) = nullptr;
    // An array begins: what holds the items; its kind has `item`, the place of the next one.
    Target (*array)(void*) = nullptr;
    Target (*item)(void*) = nullptr;
    // A map begins: what holds the entries; its kind has `entry`, the place of a key's value.
    // `seen` is the visitor's scratch, 0 at the beginning. No kind: the key is unknown; no
    // object: the key was seen before.
    Target (*map)(void*) = nullptr;
    Target (*entry)(void*, std::string_view key, std::uint64_t& seen) = nullptr;
    // The first required key that was not seen, or nothing.
    std::string_view (*missing)(std::uint64_t seen) = nullptr;
};

// Accepts any value and keeps nothing of it.
extern const Kind anything;

enum class Unknown : std::uint8_t { refused, ignored };

// Parses exactly one value. After an error the target is in a valid but unspecified state.
Result<void> parse(std::string_view bytes, Target target, Unknown unknown);

}  // namespace ccd::wire
