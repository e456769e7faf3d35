#include "ctl/manual.h"

#include "ctl/help.h"
#include "lib/text/scdoc.h"

namespace ccd::ctl {
namespace {

using text::escaped;

void append_arguments(std::string& page, std::span<const Argument> arguments, bool options) {
    for (const auto& argument : arguments) {
        if (argument.place == field::Place::unseen || argument.is_option() != options) continue;
        page.append("*").append(escaped(shape_of(argument))).append("*\n\t");
        page.append(escaped(doc_of(argument))).append(".\n\n");
    }
}

}  // namespace

std::string manual() {
    std::string page{"# COMMANDS\n\n"};
    for (const auto& row : rows) {
        page.append("## ccctl ").append(escaped(row.spelling())).append("\n\n");
        page.append(escaped(row.info->summary)).append(".\n\n");
        page.append("\t").append(escaped(usage(row))).append("\n\n");
        append_arguments(page, row.arguments, false);
        append_arguments(page, row.arguments, true);
    }
    page.append("# OPTIONS OF EVERY COMMAND\n\n");
    append_arguments(page, global_arguments, true);
    return page;
}

}  // namespace ccd::ctl
