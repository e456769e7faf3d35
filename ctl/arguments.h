// A command line and the command's fields: which word goes where.
//
// The parser knows nothing of commands but their arguments, and these are made from the fields.
// Options (`--name value`, `--name=value`, a bool `--name` alone) may stand before, between and
// behind operands; `--` ends them. Where an operand is a program's command line, its first word
// ends them too, and that word and all behind it are taken as they are.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "ccd/command.h"
#include "ccd/field.h"
#include "ccd/result.h"
#include "ctl/globals.h"
#include "ctl/selector.h"
#include "ctl/value.h"

namespace ccd::ctl {

using Words = std::span<const std::string_view>;

// Which object an argument is written to.
enum class Part : std::uint8_t { request, local, globals };

// One field as the command line sees it.
struct Argument {
    std::string_view name;  // of the field
    std::string_view doc;
    field::Place place;
    Part part;
    bool is_flag;          // an option without a value
    bool is_list;          // may be given again and again
    bool is_command_line;  // takes its first word and all behind it as they are
    Result<void> (*set)(void* object, std::string_view text);
    std::vector<std::string_view> (*choices)();  // of an enum; null: no closed list
    // Where its words name jobs: `replace` of ctl/selector.h on its member. Else null.
    bool (*replace)(void* object, job::Id from, job::Id to);
    std::string_view live;  // what the daemon knows that may stand here: of ctl/candidates.h

    bool is_option() const { return place == field::Place::option || place == field::Place::named; }
    bool must_be_given() const {
        return place == field::Place::operand || place == field::Place::named;
    }
    // As it is typed: "time-limit".
    std::string spelling() const;
};

namespace detail {

template <class T>
struct Innermost : std::type_identity<T> {};
template <class T>
struct Innermost<std::optional<T>> : Innermost<T> {};
template <class T>
struct Innermost<std::vector<T>> : Innermost<T> {};

template <class T>
constexpr std::vector<std::string_view> (*choices_of())() {
    if constexpr (NamedEnum<typename Innermost<T>::type>)
        return &names_of<typename Innermost<T>::type>;
    else
        return nullptr;
}

// By the field's name, for a job's number is a number like any other.
template <const auto& fields, std::size_t i>
constexpr bool names_jobs() {
    constexpr auto field = field::get<i>(fields);
    constexpr std::array<std::string_view, 5> names{"id", "ids", "job", "after", "after_any"};
    return std::same_as<typename Innermost<typename decltype(field)::Value>::type, job::Id> &&
           std::ranges::find(names, field.name) != names.end();
}

template <const auto& fields, std::size_t i>
auto& member_of(void* object) {
    using Field = std::remove_cvref_t<decltype(field::get<i>(fields))>;
    return static_cast<typename Field::Owner*>(object)->*field::get<i>(fields).member;
}

template <const auto& fields, std::size_t i>
Result<void> set_field(void* object, std::string_view text) {
    auto& member = member_of<fields, i>(object);
    if constexpr (names_jobs<fields, i>())
        return select(text, member);
    else
        return read(text, member);
}

template <const auto& fields, std::size_t i>
constexpr bool (*replace_in())(void*, job::Id, job::Id) {
    if constexpr (names_jobs<fields, i>())
        return [](void* object, job::Id from, job::Id to) {
            return replace(member_of<fields, i>(object), from, to);
        };
    else
        return nullptr;
}

// By the field's name. Verbs that change jobs change the caller's that are not finished; what is
// tried again has ended.
template <const auto& fields, std::size_t i>
constexpr std::string_view live_of(const CommandInfo& info) {
    constexpr auto field = field::get<i>(fields);
    if (info.noun() != "job") return {};
    if (names_jobs<fields, i>()) {
        if (info.verb() == "retry") return "ended";
        bool is_change = info.effect == Effect::writes && info.audience == Audience::owner;
        return is_change ? "mine" : "jobs";
    }
    using Kind = std::pair<std::string_view, std::string_view>;
    constexpr std::array kinds{Kind{"user", "users"}, Kind{"tag", "tags"}, Kind{"name", "names"},
                               Kind{"gpu", "cards"}, Kind{"pool", "pools"}};
    if (std::same_as<typename Innermost<typename decltype(field)::Value>::type, std::string>)
        for (const auto& [name, kind] : kinds)
            if (name == field.name) return kind;
    return {};
}

template <const auto& fields, std::size_t i>
constexpr Argument argument(Part part, const CommandInfo& info) {
    constexpr auto field = field::get<i>(fields);
    using Value = typename decltype(field)::Value;
    return Argument{
        .name = field.name,
        .doc = field.doc,
        .place = field.place,
        .part = part,
        .is_flag = std::same_as<Value, bool>,
        .is_list = field::is_vector<Value>::value,
        .is_command_line = field.name == "argv" && std::same_as<Value, std::vector<std::string>>,
        .set = &set_field<fields, i>,
        .choices = choices_of<Value>(),
        .replace = replace_in<fields, i>(),
        .live = live_of<fields, i>(info),
    };
}

template <const auto& fields>
constexpr auto arguments(Part part, const CommandInfo& info) {
    constexpr auto size = std::remove_cvref_t<decltype(fields)>::size;
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
        return std::array<Argument, size>{argument<fields, i>(part, info)...};
    }
    (std::make_index_sequence<size>{});
}

template <std::size_t a, std::size_t b>
constexpr std::array<Argument, a + b> joined(const std::array<Argument, a>& first,
                                             const std::array<Argument, b>& second) {
    return [&]<std::size_t... i, std::size_t... k>(std::index_sequence<i...>,
                                                   std::index_sequence<k...>) {
        return std::array<Argument, a + b>{first[i]..., second[k]...};
    }
    (std::make_index_sequence<a>{}, std::make_index_sequence<b>{});
}

template <class Command>
constexpr auto make_arguments() {
    auto request = arguments<Command::request_fields>(Part::request, Command::info);
    if constexpr (HasLocal<Command>)
        return joined(request, arguments<Command::local_fields>(Part::local, Command::info));
    else
        return request;
}

template <class Command>
struct LocalOf : std::type_identity<Nothing> {};
template <HasLocal Command>
struct LocalOf<Command> : std::type_identity<typename Command::Local> {};

}  // namespace detail

// Of a command; and those of every command.
template <class Command>
inline constexpr auto arguments_of = detail::make_arguments<Command>();
inline constexpr auto global_arguments =
    detail::arguments<Globals::fields>(Part::globals, CommandInfo{});

template <class Command>
struct Parsed {
    typename Command::Request request;
    typename detail::LocalOf<Command>::type local;
};

// The objects by their Part.
using Parts = std::array<void*, 3>;

// Reads all words; behind a mistake, as far as they make sense. With `globals.help` or
// `globals.version` set it does not ask for what is missing.
Result<void> parse_words(Words words, std::span<const Argument> arguments, const Parts& parts);

// Puts this job in the place of `last`, wherever that was said. Whether it was.
bool name_last(std::span<const Argument> arguments, const Parts& parts, job::Id job);
inline bool names_last(std::span<const Argument> arguments, const Parts& parts) {
    return name_last(arguments, parts, last_job);
}

// Sets the flags of every command that stand before `--`, among whatever else: for words that are
// refused, so that the refusal has the form they ask for.
void read_flags(Words words, Globals& globals);

// Reads the options of every command that stand before its name; gives how many words they were.
Result<std::size_t> parse_leading(Words words, Globals& globals);

// The words behind a command's name.
template <class Command>
Result<Parsed<Command>> parse_line(Words words, Globals& globals) {
    Parsed<Command> parsed;
    CCD_TRY(
        parse_words(words, arguments_of<Command>, Parts{&parsed.request, &parsed.local, &globals}));
    return parsed;
}

}  // namespace ccd::ctl
