#include "ctl/reference.h"

#include <concepts>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "ccd/commands.h"

namespace ccd::ctl {
namespace {

// The structs that requests and replies mention, by name, each as its rows of a table.
using Structs = std::map<std::string, std::string>;

// "job.View" of ccd::job::View, from the compiler's own name of this function.
template <class T>
std::string name_of() {
    std::string_view all{__PRETTY_FUNCTION__};
    all.remove_prefix(all.find("T = ccd::") + 9);
    std::string name{all.substr(0, all.find_first_of(";]"))};
    for (auto at = name.find("::"); at != name.npos; at = name.find("::")) name.replace(at, 2, ".");
    return name;
}

template <class T>
struct Kind;

template <class T>
std::string kind_of(Structs& structs) {
    return Kind<T>::text(structs);
}

template <>
struct Kind<bool> {
    static std::string text(Structs&) { return "boolean"; }
};
template <std::integral T>
struct Kind<T> {
    static std::string text(Structs&) {
        return (std::signed_integral<T> ? "integer, " : "integer from 0, ") +
               std::to_string(8 * sizeof(T)) + " bits";
    }
};
template <>
struct Kind<double> {
    static std::string text(Structs&) { return "float or integer"; }
};
template <>
struct Kind<std::string> {
    static std::string text(Structs&) { return "string"; }
};
template <>
struct Kind<Blob> {
    static std::string text(Structs&) { return "bin"; }
};
template <>
struct Kind<Millis> {
    static std::string text(Structs&) { return "duration"; }
};
template <>
struct Kind<WallTime> {
    static std::string text(Structs&) { return "time"; }
};
template <>
struct Kind<Bytes> {
    static std::string text(Structs&) { return "size"; }
};
template <NamedEnum E>
struct Kind<E> {
    static std::string text(Structs&) {
        std::string names;
        for (const auto& row : enumerators(E{}))
            names.append(names.empty() ? "`" : ", `").append(row.name).append("`");
        return names;
    }
};
template <class T>
struct Kind<std::optional<T>> {
    static std::string text(Structs& structs) { return kind_of<T>(structs) + "; or nil"; }
};
template <class T>
struct Kind<std::vector<T>> {
    static std::string text(Structs& structs) { return "array of " + kind_of<T>(structs); }
};
template <class T>
struct Kind<std::map<std::string, T>> {
    static std::string text(Structs& structs) { return "map of " + kind_of<T>(structs); }
};

template <const auto& fields>
std::string table_of(Structs& structs, bool is_request) {
    std::string table;
    field::for_each(fields, [&](const auto& field) {
        using Value = typename std::remove_cvref_t<decltype(field)>::Value;
        table.append("| `").append(field.name).append("` | ");
        table.append(kind_of<Value>(structs)).append(" | ");
        if (is_request) table.append(field.is_required ? "yes | " : "| ");
        table.append(field.doc).append(" |\n");
    });
    return table;
}

template <field::Described T>
struct Kind<T> {
    static std::string text(Structs& structs) {
        auto name = name_of<T>();
        if (auto [at, is_new] = structs.try_emplace(name); is_new)
            at->second = table_of<T::fields>(structs, false);
        return "`" + name + "`";
    }
};

constexpr std::string_view audience_of(Audience audience) {
    switch (audience) {
        case Audience::anyone:
            return "anyone";
        case Audience::owner:
            return "the owner, or an administrator";
        case Audience::admin:
            return "an administrator";
    }
    return {};
}

template <class Command>
void append_command(std::string& text, Structs& structs) {
    const auto& info = Command::info;
    text.append("### ").append(info.name).append("\n").append(info.summary).append(".\n");
    text.append(info.effect == Effect::writes ? "Writes; for " : "Reads; for ");
    text.append(audience_of(info.audience));
    text.append(info.shape == Shape::stream ? "; a stream.\n\n" : ".\n\n");
    auto request = table_of<Command::request_fields>(structs, true);
    if (request.empty())
        text.append("No parameters.\n");
    else
        text.append("| Parameter | Kind | Needed | |\n|---|---|---|---|\n" + request + "\n");
    auto reply = table_of<Command::reply_fields>(structs, false);
    std::string_view title = info.shape == Shape::stream ? "Item" : "Result";
    if (reply.empty())
        text.append(title).append(": an empty map.\n\n");
    else
        text.append("| ").append(title).append(" | Kind | |\n|---|---|---|\n" + reply + "\n");
}

}  // namespace

std::string reference() {
    std::string text{"## Commands\n\n"};
    Structs structs;
    for_each_command([&]<class Command>() {
        if constexpr (Travels<Command>) append_command<Command>(text, structs);
    });
    text.append("## Structs inside them\n\n");
    for (const auto& [name, rows] : structs)
        text.append("### " + name + "\n| Field | Kind | |\n|---|---|---|\n" + rows + "\n");
    text.pop_back();
    return text;
}

}  // namespace ccd::ctl
