// The evidence of one attempt, as it lies on disk.
//
// One small file per attempt in the executor's directory of records:
//
//   <job>.<attempt>.<nonce>.ticket   made by the executor before it spawns the shim
//   <job>.<attempt>.<nonce>.record   the same file, renamed by the shim before it begins
//
// The rename is the whole rule. A shim whose ticket is gone runs nothing, so whoever unlinks the
// ticket has made sure that the attempt never begins, however late its shim comes; and a record
// tells who began it.
//
// The file has its full size from the start: a full disk refuses the ticket, never the exit. Each
// part is written once, with one pwrite, and sealed with a checksum; a part whose seal does not
// fit was not written. Numbers are in the byte order of the machine.
//
// Used by the executor and by the shim: no allocation, no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "daemon/exec/short_text.h"

namespace ccd::exec {

inline constexpr char record_magic[8] = "ccdexec";
inline constexpr std::uint32_t record_version = 1;
inline constexpr std::size_t reason_limit = 255;

// By the executor: which attempt it is.
struct TicketPart {
    char magic[8] = {};
    std::uint32_t version = 0;
    char nonce[64] = {};  // padded with NULs
    std::uint32_t checksum = 0;
};

// By the shim, before it forks: who watches over the job.
struct ClaimPart {
    std::int64_t shim_pid = 0;
    std::uint64_t start_ticks = 0;  // field 22 of the shim's /proc/<pid>/stat
    char boot_id[44] = {};          // padded with NULs
    std::uint32_t checksum = 0;
};

// By the shim, when the program was executed.
struct BegunPart {
    std::int64_t main_pid = 0;
    std::int64_t at = 0;  // ms of the calendar
    std::uint32_t reserved = 0;
    std::uint32_t checksum = 0;
};

enum class EndKind : std::uint32_t {
    exited = 1,       // value: exit code
    signalled = 2,    // value: signal
    not_started = 3,  // value: exit code; `reason` is set
    never_began = 4,  // for want of processes or memory; `reason` is set
};

// By the shim, when nothing of the job is alive.
struct EndPart {
    std::int64_t at = 0;  // ms of the calendar
    EndKind kind{};
    std::int32_t value = 0;
    char reason[reason_limit + 1] = {};  // padded with NULs
    std::uint32_t was_stopped = 0;       // 1: a stop came before the main process ended
    std::uint32_t checksum = 0;
};

struct Record {
    TicketPart ticket;
    ClaimPart claim;
    BegunPart begun;
    EndPart end;
};
static_assert(std::is_trivially_copyable_v<Record> &&
              std::has_unique_object_representations_v<Record>);

// CRC-32 of the bytes.
std::uint32_t checksum_of(std::string_view bytes);

// All of a part but its checksum, which is its last member.
template <class Part>
std::string_view sealed_bytes(const Part& part) {
    return {reinterpret_cast<const char*>(&part), sizeof part - sizeof part.checksum};
}

template <class Part>
void seal(Part& part) {
    part.checksum = checksum_of(sealed_bytes(part));
}

template <class Part>
bool is_sealed(const Part& part) {
    return part.checksum == checksum_of(sealed_bytes(part));
}

// Text that is padded with NULs, or fills its room.
template <std::size_t size>
std::string_view padded_text(const char (&text)[size]) {
    const std::string_view room{text, size};
    return room.substr(0, room.find('\0'));
}
template <std::size_t size>
void set_padded(char (&room)[size], std::string_view text) {
    for (std::size_t i = 0; i < size; ++i) room[i] = i < text.size() ? text[i] : '\0';
}

// REQUIRES: is_nonce(nonce).
Record make_ticket(std::string_view nonce);

// Nothing, unless `bytes` are a record of this version with this nonce.
std::optional<Record> parse_record(std::string_view bytes, std::string_view nonce);

// The parts that were written, else none. An end of unknown kind counts as not written.
const ClaimPart* claim_of(const Record& record);
const BegunPart* begun_of(const Record& record);
const EndPart* end_of(const Record& record);

using RecordName = ShortText<140>;
RecordName ticket_name(std::string_view label, std::string_view nonce);
RecordName record_name(std::string_view label, std::string_view nonce);

}  // namespace ccd::exec
