#include "daemon/entry.h"

namespace ccd::daemon {
namespace {

bool is_out_of_memory(const service::Note& note) {
    return note.event.reason && note.event.reason->starts_with("oom");
}

const char* message_of(const service::Note& note) {
    auto to = note.event.to;
    if (!note.event.from) return message::submitted;
    if (to == job::State::running) return message::started;
    if (to == job::State::lost) return message::lost;
    if (is_out_of_memory(note)) return message::out_of_memory;
    return to && job::is_final(*to) ? message::ended : nullptr;
}

}  // namespace

Entry entry_of(const service::Note& note, const std::string& user) {
    const auto& event = note.event;
    std::string state{event.to ? to_string(*event.to) : std::string_view{}};
    auto job = std::to_string(event.job.value_or(0));
    Entry entry;
    if (event.to == job::State::lost || is_out_of_memory(note))
        entry.priority = sys::Priority::warning;
    entry.text = "job " + job + " of " + user + ": " + state;
    if (event.reason) entry.text += ": " + *event.reason;
    auto add = [&](std::string_view name, std::string value) {
        entry.fields.push_back({name, std::move(value)});
    };
    if (const char* id = message_of(note)) add("MESSAGE_ID", id);
    add("CCD_JOB_ID", job);
    add("CCD_UID", std::to_string(note.uid));
    add("CCD_STATE", state);
    if (event.attempt) add("CCD_ATTEMPT", std::to_string(*event.attempt));
    if (note.exit_code) add("CCD_EXIT_CODE", std::to_string(*note.exit_code));
    if (note.signal) add("CCD_SIGNAL", std::to_string(*note.signal));
    return entry;
}

}  // namespace ccd::daemon
