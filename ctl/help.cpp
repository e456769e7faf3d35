#include "ctl/help.h"

#include <algorithm>
#include <vector>

#include "ctl/completion.h"
#include "ctl/manual.h"
#include "ctl/reference.h"

namespace ccd::ctl {
namespace {

constexpr std::size_t width = 80;

// A usage line's form of an argument: in brackets where it may be left out.
std::string usage_of(const Argument& argument) {
    auto shape = shape_of(argument);
    if (argument.is_command_line) shape.insert(0, "[--] ");
    if (argument.must_be_given()) return shape;
    return "[" + shape + "]" + (argument.is_option() && argument.is_list ? "..." : "");
}

// Two columns; a long left one has its line to itself, a long right one goes on under itself.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
    std::size_t left = 0;
    for (const auto& [name, doc] : rows)
        if (name.size() <= 28) left = std::max(left, name.size());
    std::string text;
    for (const auto& [name, doc] : rows) {
        text.append("  ").append(name);
        std::size_t used = 2 + name.size();
        auto indent = left + 4;
        bool is_first = true;
        for (std::string_view rest{doc}; !rest.empty();) {
            auto word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(rest.size(), word.size() + 1));
            if (used + 1 + word.size() > width || (is_first && used + 2 > indent)) {
                text.append("\n");
                used = 0;
            }
            auto blanks = used < indent ? indent - used : 1;
            text.append(blanks, ' ').append(word);
            used += blanks + word.size();
            is_first = false;
        }
        text.append("\n");
    }
    return text;
}

std::string listed(std::span<const Argument> arguments, bool options) {
    std::vector<std::pair<std::string, std::string>> shown;
    for (const auto& argument : arguments)
        if (argument.place != field::Place::unseen && argument.is_option() == options)
            shown.emplace_back(shape_of(argument), doc_of(argument));
    return two_columns(shown);
}

}  // namespace

std::string shape_of(const Argument& argument) {
    auto spelling = argument.spelling();
    if (!argument.is_option()) return "<" + spelling + ">" + (argument.is_list ? "..." : "");
    if (argument.is_flag) return "--" + spelling;
    return "--" + spelling + " <" + spelling + ">";
}

std::string doc_of(const Argument& argument) {
    std::string doc{argument.doc};
    if (argument.choices == nullptr) return doc;
    std::string names;
    for (auto name : argument.choices()) {
        if (doc.find(name) != doc.npos) return doc;  // it lists them itself
        names.append(names.empty() ? "" : ", ").append(name);
    }
    return doc + ": " + names;
}

std::string usage(const Row& row) {
    auto text = "ccctl " + row.spelling();
    for (bool options : {true, false})
        for (const auto& argument : row.arguments)
            if (argument.place != field::Place::unseen && argument.is_option() == options)
                text.append(" ").append(usage_of(argument));
    return text;
}

std::string command_help(const Row& row) {
    auto text = std::string{row.info->summary} + ".\n\n";
    auto line = usage(row);
    for (std::size_t used = 0; !line.empty();) {
        // A piece ends at a blank outside brackets.
        std::size_t end = 0;
        for (int depth = 0; end < line.size() && (depth > 0 || line[end] != ' '); ++end)
            depth += line[end] == '[' ? 1 : line[end] == ']' ? -1 : 0;
        if (used > 0 && used + 1 + end > width) {
            text.append("\n       ");
            used = 7;
        }
        text.append(used == 0 ? "" : " ").append(line, 0, end);
        used += 1 + end;
        line.erase(0, end + 1);
    }
    text.append("\n");
    if (auto operands = listed(row.arguments, false); !operands.empty())
        text.append("\n").append(operands);
    if (auto options = listed(row.arguments, true); !options.empty())
        text.append("\nOptions:\n").append(options);
    text.append("\nFor every command:\n").append(listed(global_arguments, true));
    return text.append("\nExample: ccctl ").append(row.info->example).append("\n");
}

std::string overview() {
    std::string text{"ccctl [OPTIONS] COMMAND ...   without a command: status\n"};
    std::string_view noun;
    std::vector<std::pair<std::string, std::string>> group;
    auto flush = [&] {
        if (group.empty()) return;
        text.append("\n").append(noun).append(":\n").append(two_columns(group));
        group.clear();
    };
    for (const auto& row : rows) {
        if (row.info->noun() != noun) flush();
        noun = row.info->noun();
        group.emplace_back(row.spelling(), row.info->summary);
    }
    flush();
    text.append("\nFor every command:\n").append(listed(global_arguments, true));
    return text.append("\nccctl help COMMAND says more of one; ccctl(1) says all.\n");
}

Result<std::string> help(Words words) {
    if (words.empty()) return overview();
    if (words[0] == "--man") return manual();
    if (words[0] == "--completion") return completion();
    if (words[0] == "--protocol") return reference();
    if (words[0] == "help") return overview();
    auto found = CCD_TRY(find_command(words));
    return command_help(rows[found.row]);
}

}  // namespace ccd::ctl
