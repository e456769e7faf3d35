#include "ctl/print.h"

#include <algorithm>

#include "ctl/display.h"
#include "ctl/table.h"

namespace ccd::ctl {
namespace {

Colour colour_of(std::string_view status) {
    if (status == "healthy" || status == "ok") return Colour::green;
    return status == "unhealthy" ? Colour::red : Colour::yellow;
}

// Breaks at the two blanks between the members of a struct in a line.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
    constexpr std::string_view between{"  "};
    std::string lines;
    std::size_t used = indent;
    while (!text.empty()) {
        auto piece = text.substr(0, text.find(between));
        text.remove_prefix(std::min(text.size(), piece.size() + between.size()));
        auto needed = display_width(piece);
        if (used > indent && needed + between.size() > width - std::min(width, used)) {
            lines.append("\n").append(indent, ' ');
            used = indent;
        } else if (used > indent) {
            lines.append(between);
            used += between.size();
        }
        lines.append(piece);
        used += needed;
    }
    return lines;
}

// The arithmetic of each card in a line of its own.
void append_parts(Pairs& pairs, const job::Blocker& blocker) {
    constexpr std::string_view between{"; "};
    std::string_view name{blocker.kind};
    for (std::string_view rest{blocker.message}; !rest.empty(); name = {}) {
        auto part = rest.substr(0, rest.find(between));
        pairs.emplace_back(name, printable(part));
        rest.remove_prefix(std::min(rest.size(), part.size() + between.size()));
    }
}

}  // namespace

std::string listing(const Pairs& pairs, const Look& look) {
    std::size_t indent = 0;
    for (const auto& [name, text] : pairs)
        if (!text.empty()) indent = std::max(indent, name.size() + 2);
    std::string lines;
    for (const auto& [name, text] : pairs) {
        if (text.empty()) continue;
        if (!name.empty()) lines.append(look.painted(name, Colour::grey));
        lines.append(indent - name.size(), ' ');
        lines.append(wrapped(text, indent, look.width)).append("\n");
    }
    return lines;
}

std::string print(job::Why, const job::WhyReply& reply, const Look& look) {
    Pairs pairs{{"job", text_of(reply.id)},
                {"state", text_of(reply.state)},
                // Where there are blockers, it is the first of them.
                {"reason", reply.blockers.empty() ? text_of(reply.reason) : std::string{}},
                {"position", text_of(reply.position)}};
    if (reply.estimate) pairs.emplace_back("starts", "in about " + text_of(*reply.estimate));
    for (const auto& blocker : reply.blockers) append_parts(pairs, blocker);
    return listing(pairs, look);
}

std::string print(job::Events, const job::Event& event, const Look& look) {
    auto line = look.painted(text_of(event.time), Colour::grey) + "  ";
    if (event.gap) return line + "events up to " + text_of(event.seq) + " are missing\n";
    if (!event.job) return {};
    line.append(text_of(event.seq)).append("  job ").append(text_of(*event.job)).append("  ");
    if (event.from) line.append(text_of(*event.from)).append(" -> ");
    line.append(text_of(event.to));
    if (event.attempt && *event.attempt > 1)
        line.append("  attempt ").append(text_of(*event.attempt));
    if (event.reason) line.append("  ").append(text_of(*event.reason));
    return line.append("\n");
}

std::string print(job::Batch, const job::BatchReply& reply, const Look& look) {
    auto text = listing({{"submitted", text_of(reply.submitted)},
                         {"existing", text_of(reply.existing)},
                         {"failed", text_of(reply.failed)}},
                        look);
    for (const auto& error : reply.errors)
        text.append(look.painted("line " + text_of(error.line), Colour::red) + ": " +
                    printable(error.message) + " (" + printable(error.code) + ")\n");
    if (reply.failed > reply.errors.size())
        text.append("and " + text_of(reply.failed - reply.errors.size()) + " more\n");
    return text;
}

std::string print(admin::Check, const admin::CheckReply& reply, const Look& look) {
    std::string text;
    for (const auto& [what, count] : reply.looked_at)
        text.append(text.empty() ? "looked at " : ", ").append(text_of(count)).append(" " + what);
    text.append("\n");
    if (reply.found == 0)
        return text + look.painted("all of it fits together", Colour::green) + "\n";
    Table table{{{"PART", Column::always},
                 {"SUBJECT", Column::always},
                 {"DETAIL", Column::always},
                 {"REPAIRED", 1}}};
    for (const auto& finding : reply.findings)
        table.add({{finding.part, Colour::red},
                   {finding.subject},
                   {finding.detail},
                   {finding.repaired ? "yes" : ""}});
    text.append(table.to_string(look));
    if (reply.found > reply.findings.size())
        text.append("and " + text_of(reply.found - reply.findings.size()) + " more\n");
    return text;
}

std::string print(host::Health, const host::HealthReply& reply, const Look& look) {
    auto text = look.painted(printable(reply.status), colour_of(reply.status)) + "\n";
    Table table{
        {{"PART", Column::always}, {"STATUS", Column::always}, {"DETAIL", 1, Align::left, 20}}};
    for (const auto& part : reply.parts)
        table.add({{part.name}, {part.status, colour_of(part.status)}, {part.detail}});
    return text + table.to_string(look);
}

}  // namespace ccd::ctl
