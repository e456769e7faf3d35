#include "daemon/exec/finding.h"

#include "daemon/exec/processes.h"

namespace ccd::exec {
namespace {

WallTime wall_time(std::int64_t at) {
    return WallTime(Millis(at));
}

Finding finding_of(const Record& record, const EndPart& end) {
    WallTime at = wall_time(end.at);
    std::string reason(padded_text(end.reason));
    if (end.kind == EndKind::never_began) return NeverBegan{std::move(reason)};
    if (end.kind == EndKind::not_started) return NotStarted{end.value, std::move(reason), at};
    Ended ended{.at = at, .cause = end.was_stopped != 0 ? Cause::stop : Cause::program};
    if (const BegunPart* begun = begun_of(record)) ended.began = wall_time(begun->at);
    (end.kind == EndKind::exited ? ended.exit_code : ended.signal) = end.value;
    return ended;
}

Started started_of(const Record& record) {
    const BegunPart* begun = begun_of(record);
    return begun ? Started{wall_time(begun->at), begun->main_pid} : Started{};
}

// The end that is on record, else nothing.
std::optional<Finding> recorded_end(const Records& records, const Attempt& attempt) {
    Result<std::optional<Record>> record = records.read(attempt);
    if (!record) return Unknown{};
    const EndPart* end = *record ? end_of(**record) : nullptr;
    return end ? std::optional(finding_of(**record, *end)) : std::nullopt;
}

}  // namespace

Finding find_attempt(const Records& records, std::string_view boot_id, const Expected& expected) {
    // First of all, so that what is not found now cannot begin later.
    records.withdraw_ticket(expected.attempt);
    if (!records.has_record(expected.attempt) && expected.is_same_boot && !expected.was_running)
        return NeverBegan{};
    Result<std::optional<Record>> record = records.read(expected.attempt);
    if (!record) return Unknown{};
    const ClaimPart* claim = *record ? claim_of(**record) : nullptr;
    if (claim == nullptr) return Leftover{"its record is gone or unreadable"};
    if (padded_text(claim->boot_id) == boot_id) {
        auto pid = static_cast<pid_t>(claim->shim_pid);
        Result<UniqueFd> shim = hold_process(pid, claim->start_ticks);
        if (!shim) return Unknown{};
        if (*shim) return Alive{std::move(*shim), started_of(**record), pid};
    }
    // Read once more: the end may have been written before the shim was seen to be gone.
    std::optional<Finding> end = recorded_end(records, expected.attempt);
    if (end) return std::move(*end);
    return Leftover{"its ccd-shim ended without recording an end"};
}

Finding find_end(const Records& records, const Attempt& attempt) {
    std::optional<Finding> end = recorded_end(records, attempt);
    if (end) return std::move(*end);
    if (records.withdraw_ticket(attempt)) return NeverBegan{"ccd-shim ended before it could begin"};
    return Leftover{"its ccd-shim ended without recording an end"};
}

}  // namespace ccd::exec
