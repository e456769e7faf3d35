#include "ctl/completion.h"

#include <vector>

#include "ctl/lookup.h"

namespace ccd::ctl {
namespace {

constexpr std::string_view head = R"(# bash completion for ccctl; made by `ccctl help --completion`.

_ccctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command= options= words= live= socket= before= i=1
    COMPREPLY=()

    # The command is the first word that is neither an option nor an option's value.
    while ((i < COMP_CWORD)); do
        case ${COMP_WORDS[i]} in
        --socket)
            socket=${COMP_WORDS[i + 1]-}
            ((i += 1))
            ;;
        --timeout) ((i += 1)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
        ((i += 1))
    done
)";

constexpr std::string_view tail = R"bash(
    case $previous in
    --socket | --timeout) words= live= ;;
    esac
    # What only the daemon knows: nothing where none answers.
    if [[ -n $live && $current != -* ]]; then
        words+=" $("${COMP_WORDS[0]}" ${socket:+--socket "$socket"} help --candidates $live 2>/dev/null)"
    fi

    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words ]]; then
        # A list goes on behind its commas.
        [[ $current == *,* ]] && before=${current%,*},
        COMPREPLY=($(compgen -P "$before" -W "$words" -- "${current##*,}"))
    fi
}

# Files where nothing of ours fits: bash itself knows how to quote their names.
complete -o bashdefault -o default -F _ccctl ccctl
)bash";

void append_word(std::string& list, std::string_view word) {
    list.append(list.empty() ? "" : " ").append(word);
}

std::string options_of(std::span<const Argument> arguments) {
    std::string list;
    for (const auto& argument : arguments)
        if (argument.is_option()) append_word(list, "--" + argument.spelling());
    return list;
}

// "gpus | host gpus", as patterns of a case over "$command $verb".
std::string pattern_of(const CommandInfo& info) {
    auto full = "'" + std::string{info.noun()} + " " + std::string{info.verb()} + "'";
    if (!info.noun_is_implied()) return full;
    return "'" + std::string{info.verb()} + " '* | " + full;
}

std::string all_words() {
    std::string list;
    std::string_view noun;
    for (const auto& row : rows) {
        if (row.info->noun_is_implied())
            append_word(list, row.info->verb());
        else if (row.info->noun() != noun)
            append_word(list, row.info->noun());
        noun = row.info->noun();
    }
    append_word(list, "help");
    return list;
}

// After a noun that is not implied come its verbs.
std::string verbs_of(std::string_view noun) {
    std::string list;
    for (const auto& row : rows)
        if (row.info->noun() == noun) append_word(list, row.info->verb());
    return list;
}

// What may stand behind an option: words of ours, or of the daemon's, or whatever the user likes.
std::string values_of(const Row& row) {
    std::string cases;
    std::string others;
    for (const auto& argument : row.arguments) {
        if (!argument.is_option() || argument.is_flag) continue;
        auto option = "--" + argument.spelling();
        if (argument.choices != nullptr) {
            std::string names;
            for (auto name : argument.choices()) append_word(names, name);
            cases.append("        " + option + ") words='" + names + "' live= ;;\n");
        } else if (!argument.live.empty()) {
            cases.append("        " + option + ") live=" + std::string{argument.live} + " ;;\n");
        } else {
            others.append(others.empty() ? "" : " | ").append(option);
        }
    }
    if (!others.empty()) cases.append("        " + others + ") live= ;;\n");
    if (cases.empty()) return {};
    return "        case $previous in\n" + cases + "        esac\n";
}

std::string operands_of(const Row& row) {
    for (const auto& argument : row.arguments)
        if (!argument.is_option() && !argument.live.empty())
            return "        live=" + std::string{argument.live} + "\n";
    return {};
}

}  // namespace

std::string completion() {
    std::string script{head};
    script.append("    options='" + options_of(global_arguments) + "'\n");
    script.append("    if [[ -z $command || $command == help ]]; then\n        words='" +
                  all_words() + "'\n    fi\n");
    std::string_view noun;
    for (const auto& row : rows) {
        if (row.info->noun() != noun)
            script.append("    if [[ $command == " + std::string{row.info->noun()} +
                          " ]] && ((COMP_CWORD == i + 1)); then\n        words='" +
                          verbs_of(row.info->noun()) + "'\n    fi\n");
        noun = row.info->noun();
    }
    script.append("    case \"$command ${COMP_WORDS[i + 1]-}\" in\n");
    for (const auto& row : rows) {
        auto options = options_of(row.arguments);
        auto operands = operands_of(row);
        if (options.empty() && operands.empty()) continue;
        script.append("    " + pattern_of(*row.info) + ")\n");
        if (!options.empty()) script.append("        options+=' " + options + "'\n");
        script.append(operands).append(values_of(row));
        script.append("        ;;\n");
    }
    script.append("    esac\n");
    return script.append(tail);
}

}  // namespace ccd::ctl
