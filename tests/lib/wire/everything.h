// A struct with a field of every kind there is, and bytes for it.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ccd/field.h"
#include "lib/wire/codec.h"

namespace everything {

using namespace ccd;

enum class Colour : std::uint8_t { red, dark_green };

inline constexpr std::array colour_table{Enumerator{Colour::red, "red"},
                                         Enumerator{Colour::dark_green, "dark-green"}};
constexpr const auto& enumerators(Colour) {
    return colour_table;
}

struct Inner {
    std::uint32_t number = 0;
    std::optional<std::string> word;
    bool operator==(const Inner&) const = default;

    static constexpr auto fields = field::List{
        field::required("number", &Inner::number, "A number"),
        field::optional("word", &Inner::word, "A word"),
    };
};

struct All {
    bool flag = false;
    std::int32_t small = 0;
    std::uint32_t natural = 0;
    std::int64_t big = 0;
    std::uint64_t huge = 0;
    double real = 0;
    std::string text;
    Blob blob;
    Millis duration{};
    WallTime moment{};
    Bytes size;
    Colour colour = Colour::red;
    std::optional<std::uint32_t> maybe;
    std::optional<std::vector<std::string>> maybe_words;
    std::vector<std::uint64_t> numbers;
    std::vector<Inner> inners;
    std::map<std::string, Inner> named;
    Inner inner;
    bool operator==(const All&) const = default;

    static constexpr auto fields = field::List{
        field::optional("flag", &All::flag, "A flag"),
        field::optional("small", &All::small, "32 bits"),
        field::optional("natural", &All::natural, "32 bits from 0"),
        field::optional("big", &All::big, "64 bits"),
        field::optional("huge", &All::huge, "64 bits from 0"),
        field::optional("real", &All::real, "A real"),
        field::optional("text", &All::text, "Text"),
        field::optional("blob", &All::blob, "Bytes"),
        field::optional("duration", &All::duration, "A duration"),
        field::optional("moment", &All::moment, "A moment"),
        field::optional("size", &All::size, "A size"),
        field::optional("colour", &All::colour, "An enum"),
        field::optional("maybe", &All::maybe, "Perhaps a number"),
        field::optional("maybe_words", &All::maybe_words, "Perhaps words"),
        field::optional("numbers", &All::numbers, "Numbers"),
        field::optional("inners", &All::inners, "Structs"),
        field::optional("named", &All::named, "Structs by name"),
        field::optional("inner", &All::inner, "A struct"),
    };
};

inline All sample() {
    return All{.flag = true,
               .small = -70'000,
               .natural = 4'000'000'000,
               .big = -5'000'000'000,
               .huge = 18'446'744'073'709'551'615ULL,
               .real = 2.5,
               .text = "grün",
               .blob = Blob{std::string{"\0\xff", 2}},
               .duration = Millis{90'000},
               .moment = WallTime{Millis{1'700'000'000'123}},
               .size = 24_GiB,
               .colour = Colour::dark_green,
               .maybe = 0,
               .maybe_words = std::vector<std::string>{"a", ""},
               .numbers = {1, 300, 70'000},
               .inners = {{.number = 1, .word = "one"}, {.number = 2}},
               .named = {{"x", {.number = 3}}, {"", {.number = 4}}},
               .inner = {.number = 5, .word = ""}};
}

template <wire::Absent absent>
std::string encoded(const All& all) {
    std::string bytes;
    wire::Packer packer{bytes};
    wire::encode<All::fields, absent>(packer, all);
    return bytes;
}

inline Result<All> decoded(std::string_view bytes, wire::Unknown unknown = wire::Unknown::refused) {
    return wire::decode<All, All::fields>(bytes, unknown);
}

// A map of one field, whose value `write(packer)` makes.
template <class Write>
std::string with_field(std::string_view name, Write write) {
    std::string bytes;
    wire::Packer packer{bytes};
    packer.map(1);
    packer.text(name);
    write(packer);
    return bytes;
}

}  // namespace everything
