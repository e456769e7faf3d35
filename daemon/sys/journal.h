// The journal's own protocol: an entry with fields, in one datagram.
//
// Source: systemd's JOURNAL_NATIVE_PROTOCOL.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ccd::sys {

// The name is one that the journal takes: capitals, digits and underscores.
struct Field {
    std::string_view name;
    std::string value;
};

// Whether our standard error goes to a journal, which then takes entries.
bool has_journal();

// The bytes of an entry. A value may hold anything.
std::string encode_entry(std::span<const Field> fields);

// Sends an entry; false if it was not taken at once. Never waits.
bool send_entry(std::string_view entry);

}  // namespace ccd::sys
