#include "tests/bench/bench.h"

#include <algorithm>
#include <cmath>

#include "tests/harness/filesystem.h"

namespace ccd::bench {
namespace {

// Who takes part: ours first. A peer without a contestant is not available here.
struct Field {
    std::vector<std::string> peers;
    std::vector<std::unique_ptr<Contestant>> contestants;
    std::vector<std::size_t> peer_at;  // of each peer its contestant; 0: none
};

bool is_wanted(std::string_view peer, const Setting& setting) {
    return setting.against.empty() ||
           std::ranges::find(setting.against, peer) != setting.against.end();
}

Result<Field> enter(const Variant& variant, const Setting& setting, const Note& note) {
    Field field;
    field.contestants.push_back(CCD_TRY(variant.make(variant, ourselves, setting)));
    for (auto peer : variant.peers) {
        if (!is_wanted(peer, setting)) continue;
        auto contestant = variant.make(variant, peer, setting);
        field.peers.emplace_back(peer);
        field.peer_at.push_back(contestant ? field.contestants.size() : 0);
        if (contestant)
            field.contestants.push_back(*std::move(contestant));
        else
            note(field.peers.back() + ": " + contestant.error().message);
    }
    return field;
}

Line line_of(const Variant& variant) {
    return {.case_name = std::string{variant.case_name},
            .variant = std::string{variant.name},
            .peer = {},
            .ours = {},
            .theirs = {},
            .unit = std::string{variant.unit}};
}

// Lines of what is not available here.
std::vector<Line> empty_lines(const Variant& variant, const Setting& setting) {
    std::vector<Line> lines;
    for (auto peer : variant.peers)
        if (is_wanted(peer, setting)) lines.emplace_back(line_of(variant)).peer = peer;
    if (lines.empty()) lines.push_back(line_of(variant));
    return lines;
}

// Refuses where a durable variant has no disk to be measured on.
Result<void> tell_disk(const Variant& variant, const Note& note) {
    if (!variant.is_durable) return {};
    auto directory = CCD_TRY(harness::durable_directory());
    auto syncs = CCD_TRY(harness::measure_syncs(directory));
    note("in '" + directory + "', " + std::to_string(std::lround(syncs)) + " fdatasync/s");
    return {};
}

// The figures of ours beside those of each peer.
std::vector<Line> lines_of(const Variant& variant, const Field& field,
                           const std::vector<Result<Measurement>>& results, const Note& note) {
    auto line = line_of(variant);
    line.ours = *results[0];
    std::vector<Line> lines;
    for (std::size_t i = 0; i < field.peers.size(); ++i) {
        line.peer = field.peers[i];
        line.theirs.reset();
        if (auto at = field.peer_at[i]; at > 0 && results[at])
            line.theirs = *results[at];
        else if (at > 0)
            note(field.peers[i] + ": " + results[at].error().message);
        lines.push_back(line);
    }
    if (lines.empty()) lines.push_back(line);
    return lines;
}

}  // namespace

Result<std::vector<Line>> measure(const Variant& variant, const Setting& setting,
                                  const Note& note) {
    if (!variant.note.empty()) note(std::string{variant.note});
    auto can_be = variant.check ? variant.check() : Result<void>{};
    if (can_be) can_be = tell_disk(variant, note);
    if (!can_be) note("not measured: " + can_be.error().message);
    if (!can_be || !variant.make) return empty_lines(variant, setting);
    auto field = CCD_TRY(enter(variant, setting, note));
    auto results = compete(field.contestants, variant.rounds);
    if (!results[0]) return tl::unexpected{results[0].error()};
    for (const auto& contestant : field.contestants)
        if (auto remark = contestant->remark()) note(*remark);
    return lines_of(variant, field, results, note);
}

}  // namespace ccd::bench
