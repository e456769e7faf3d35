#include "ctl/completion.h"

#include <vector>

#include "ctl/lookup.h"

namespace ccd::ctl {
namespace {

constexpr std::string_view head = R"(# bash completion for ccctl; made by `ccctl help --completion`.

_ccctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command= options= words= i=1
    COMPREPLY=()

    # The command is the first word that is neither an option nor an option's value.
    while ((i < COMP_CWORD)); do
        case ${COMP_WORDS[i]} in
        --socket | --timeout) ((i += 1)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
        ((i += 1))
    done
)";

constexpr std::string_view tail = R"(
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
}

# Files where nothing of ours fits: bash itself knows how to quote their names.
complete -o bashdefault -o default -F _ccctl ccctl
)";

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

std::string choices_of(const Row& row) {
    std::string cases;
    for (const auto& argument : row.arguments) {
        if (argument.choices == nullptr || !argument.is_option()) continue;
        std::string names;
        for (auto name : argument.choices()) append_word(names, name);
        cases.append("        [[ $previous == --" + argument.spelling() + " ]] && words='" + names +
                     "'\n");
    }
    return cases;
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
        auto choices = choices_of(row);
        if (options.empty()) continue;
        script.append("    " + pattern_of(*row.info) + ")\n");
        script.append("        options+=' " + options + "'\n").append(choices);
        script.append("        ;;\n");
    }
    script.append("    esac\n");
    return script.append(tail);
}

}  // namespace ccd::ctl
