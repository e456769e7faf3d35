#include "daemon/exec/units.h"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ccd::exec {
namespace {

struct Known {
    std::string_view name;
    Errc code;
};
constexpr std::array known_errors{
    Known{"org.freedesktop.systemd1.NoSuchUnit", Errc::not_found},
    Known{"org.freedesktop.systemd1.UnitExists", Errc::conflict},
    Known{"org.freedesktop.systemd1.BadUnitSetting", Errc::bad_request},
    Known{SD_BUS_ERROR_INVALID_ARGS, Errc::bad_request},
    Known{SD_BUS_ERROR_PROPERTY_READ_ONLY, Errc::bad_request},
    Known{SD_BUS_ERROR_UNKNOWN_PROPERTY, Errc::bad_request},
};

Error error_from(const BusReply& reply) {
    const auto* known = std::ranges::find(known_errors, reply.error, &Known::name);
    auto code = known != known_errors.end() ? known->code : Errc::internal;
    if (!reply.is_settled) code = Errc::timeout;
    return {.code = code, .message = reply.text};
}

Error malformed() {
    return {.code = Errc::internal, .message = "the service manager's answer makes no sense"};
}

Result<std::vector<Units::Listed>> read_list(sd_bus_message* message) {
    std::vector<Units::Listed> listed;
    int result = sd_bus_message_enter_container(message, 'a', "(ssssssouso)");
    const char* name = nullptr;
    const char* load = nullptr;
    const char* path = nullptr;
    while (result >= 0) {
        result = sd_bus_message_read(message, "(ssssssouso)", &name, nullptr, &load, nullptr,
                                     nullptr, nullptr, &path, nullptr, nullptr, nullptr);
        if (result == 0) return listed;
        // One that is not found was asked for, perhaps by us, and stands for nothing.
        if (result > 0 && std::string_view{load} != "not-found") listed.push_back({name, path});
    }
    return tl::unexpected{malformed()};
}

Result<std::size_t> read_count(sd_bus_message* message) {
    int result = sd_bus_message_enter_container(message, 'a', "(sus)");
    for (std::size_t count = 0; result >= 0; ++count) {
        result = sd_bus_message_read(message, "(sus)", nullptr, nullptr, nullptr);
        if (result == 0) return count;
    }
    return tl::unexpected{malformed()};
}

Result<std::string> read_word(sd_bus_message* message) {
    const char* word = nullptr;
    if (sd_bus_message_read(message, "v", "s", &word) < 0) return tl::unexpected{malformed()};
    return std::string{word};
}

Result<UnitState> read_unit(sd_bus_message* message) {
    UnitState unit;
    if (!unit.read(message)) return tl::unexpected{malformed()};
    if (!unit.is_there()) return failure(Errc::not_found, "there is no such unit");
    return unit;
}

// Reads an answer, where there is one.
template <class Value>
Bus::OnReply answer_by(Result<Value> (*read)(sd_bus_message*), Units::OnAnswer<Value> on_answer) {
    return [read, on_answer = std::move(on_answer)](const BusReply& reply) {
        on_answer(reply.is_good() ? read(reply.message)
                                  : Result<Value>{tl::unexpected{error_from(reply)}});
    };
}

// Tells whether it was done, where anybody wants to know.
Bus::OnReply answer_by(Units::OnAnswer<void> on_answer) {
    return [on_answer = std::move(on_answer)](const BusReply& reply) {
        if (!on_answer) return;
        on_answer(reply.is_good() ? Result<void>{}
                                  : Result<void>{tl::unexpected{error_from(reply)}});
    };
}

// What cannot be written is not sent: it is answered as what cannot be sent is.
template <class... Value>
OwnMessage written(OwnMessage call, const char* types, Value... values) {
    if (call && sd_bus_message_append(call.get(), types, values...) < 0) call.reset();
    return call;
}

// Whether it has worked shows in the unit.
void ignore(const BusReply&) {}

}  // namespace

Units::Units(loop::Loop& loop, BusAddress address, Events events)
    : bus_(loop, std::move(address),
           {.on_up = [this] { events_.on_up(); },
            .on_down = [this](const std::string& why) { events_.on_down(why); },
            .on_signal = [this](sd_bus_message* signal) { dispatch(signal); }}),
      events_(std::move(events)) {}

void Units::start(const Launch& launch, const Layout& layout, const std::string& shim,
                  OnAnswer<void> on_answer) {
    auto call = bus_.make_call("StartTransientUnit");
    if (call && !fill_start(call.get(), launch, layout, shim)) call.reset();
    bus_.send(std::move(call), answer_by(std::move(on_answer)));
}

void Units::list(const std::string& pattern, OnAnswer<std::vector<Listed>> on_answer) {
    bus_.send(written(bus_.make_call("ListUnitsByPatterns"), "asas", 0, 1, pattern.c_str()),
              answer_by(read_list, std::move(on_answer)));
}

void Units::look(const std::string& path, OnAnswer<UnitState> on_answer) {
    bus_.send(bus_.make_get_all(path.c_str()), answer_by(read_unit, std::move(on_answer)));
}

void Units::count_processes(const std::string& name, OnAnswer<std::size_t> on_answer) {
    bus_.send(written(bus_.make_call("GetUnitProcesses"), "s", name.c_str()),
              answer_by(read_count, std::move(on_answer)));
}

void Units::ask_state(OnAnswer<std::string> on_answer) {
    bus_.send(bus_.make_get("SystemState"), answer_by(read_word, std::move(on_answer)));
}

void Units::describe(const std::string& name, const std::string& description) {
    bus_.send(written(bus_.make_call("SetUnitProperties"), "sba(sv)", name.c_str(), 1, 1,
                      "Description", "s", description.c_str()),
              ignore);
}

void Units::kill(const std::string& name, int signal) {
    bus_.send(written(bus_.make_call("KillUnit"), "ssi", name.c_str(), "all", signal), ignore);
}

void Units::stop(const std::string& name, OnAnswer<void> on_answer) {
    bus_.send(written(bus_.make_call("StopUnit"), "ss", name.c_str(), "replace"),
              answer_by(std::move(on_answer)));
}

void Units::reset(const std::string& name, OnAnswer<void> on_answer) {
    bus_.send(written(bus_.make_call("ResetFailedUnit"), "s", name.c_str()),
              answer_by(std::move(on_answer)));
}

void Units::dispatch(sd_bus_message* signal) {
    const char* word = nullptr;
    const char* name = nullptr;
    if (sd_bus_message_is_signal(signal, nullptr, "PropertiesChanged") > 0) {
        auto unit = unit_name_of_path(sd_bus_message_get_path(signal));
        if (sd_bus_message_read(signal, "s", &word) > 0) events_.on_change(unit, signal);
    } else if (sd_bus_message_is_signal(signal, nullptr, "JobRemoved") > 0) {
        if (sd_bus_message_read(signal, "uoss", nullptr, nullptr, &name, &word) > 0)
            events_.on_job_removed(name, word);
    } else if (sd_bus_message_is_signal(signal, nullptr, "UnitRemoved") > 0) {
        if (sd_bus_message_read(signal, "so", &name, nullptr) > 0) events_.on_removed(name);
    }
}

}  // namespace ccd::exec
