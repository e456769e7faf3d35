#include "daemon/exec/record.h"

#include <cstring>

namespace ccd::exec {
namespace {

RecordName name_of(std::string_view label, std::string_view nonce, std::string_view ending) {
    RecordName name;
    name.add(label).add(".").add(nonce).add(ending);
    return name;
}

}  // namespace

std::uint32_t checksum_of(std::string_view bytes) {
    std::uint32_t rest = 0xffff'ffff;
    for (char byte : bytes) {
        rest ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0xedb8'8320 : 0);
    }
    return ~rest;
}

Record make_ticket(std::string_view nonce) {
    Record record;
    std::memcpy(record.ticket.magic, record_magic, sizeof record_magic);
    record.ticket.version = record_version;
    set_padded(record.ticket.nonce, nonce);
    seal(record.ticket);
    return record;
}

std::optional<Record> parse_record(std::string_view bytes, std::string_view nonce) {
    Record record;
    if (bytes.size() != sizeof record) return std::nullopt;
    std::memcpy(&record, bytes.data(), sizeof record);
    const TicketPart& ticket = record.ticket;
    bool is_ours = std::memcmp(ticket.magic, record_magic, sizeof record_magic) == 0 &&
                   ticket.version == record_version && is_sealed(ticket) &&
                   padded_text(ticket.nonce) == nonce;
    return is_ours ? std::optional(record) : std::nullopt;
}

const ClaimPart* claim_of(const Record& record) {
    return is_sealed(record.claim) ? &record.claim : nullptr;
}

const BegunPart* begun_of(const Record& record) {
    return is_sealed(record.begun) ? &record.begun : nullptr;
}

const EndPart* end_of(const Record& record) {
    bool is_known = record.end.kind >= EndKind::exited && record.end.kind <= EndKind::never_began;
    return is_known && is_sealed(record.end) ? &record.end : nullptr;
}

RecordName ticket_name(std::string_view label, std::string_view nonce) {
    return name_of(label, nonce, ".ticket");
}

RecordName record_name(std::string_view label, std::string_view nonce) {
    return name_of(label, nonce, ".record");
}

}  // namespace ccd::exec
