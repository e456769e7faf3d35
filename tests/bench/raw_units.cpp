#include "tests/bench/raw_units.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>

#include "tests/harness/error.h"

namespace ccd::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* destination = "org.freedesktop.systemd1";
constexpr const char* path = "/org/freedesktop/systemd1";
constexpr const char* interface = "org.freedesktop.systemd1.Manager";

struct DropBus {
    void operator()(sd_bus* bus) const noexcept { sd_bus_flush_close_unref(bus); }
};
struct DropMessage {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using OwnBus = std::unique_ptr<sd_bus, DropBus>;
using OwnMessage = std::unique_ptr<sd_bus_message, DropMessage>;

class RawUnits : public Contestant {
public:
    RawUnits(OwnBus bus, harness::Nanos run, std::string program)
        : bus_(std::move(bus)), run_(run), program_(std::move(program)) {}

    Result<void> subscribe() {
        int result = sd_bus_call_method(bus_.get(), destination, path, interface, "Subscribe",
                                        nullptr, nullptr, nullptr);
        auto on_removed = [](sd_bus_message* signal, void* self, sd_bus_error*) {
            return static_cast<RawUnits*>(self)->on_job_removed(signal);
        };
        if (result >= 0)
            result = sd_bus_match_signal(bus_.get(), nullptr, destination, path, interface,
                                         "JobRemoved", on_removed, this);
        if (result >= 0) return {};
        return harness::failure_from(-result, "cannot listen to systemd");
    }

    Result<Measurement> run() override {
        std::uint64_t ended = 0;
        const auto began = Clock::now();
        for (; Clock::now() < began + run_; ++ended) {
            unit_ = "ccd-bench-" + std::to_string(getpid()) + "-" + std::to_string(++last_) +
                    ".service";
            CCD_TRY(start());
            CCD_TRY(let_go());
        }
        auto elapsed = harness::seconds_of(Clock::now() - began);
        return Measurement{.rate = static_cast<double>(ended) / elapsed};
    }

private:
    // Of a oneshot the start is done when its program has ended.
    Result<void> start() {
        sd_bus_message* call = nullptr;
        int result = sd_bus_message_new_method_call(bus_.get(), &call, destination, path, interface,
                                                    "StartTransientUnit");
        OwnMessage own{call};
        if (result >= 0)
            result =
                sd_bus_message_append(call, "ssa(sv)a(sa(sv))", unit_.c_str(), "fail", 3, "Type",
                                      "s", "oneshot", "RemainAfterExit", "b", 1, "ExecStart",
                                      "a(sasb)", 1, program_.c_str(), 1, program_.c_str(), 0, 0);
        if (result >= 0) result = sd_bus_call(bus_.get(), call, 0, nullptr, nullptr);
        if (result < 0) return harness::failure_from(-result, "cannot start a unit");
        return await_job();
    }

    Result<void> let_go() {
        int result = sd_bus_call_method(bus_.get(), destination, path, interface, "StopUnit",
                                        nullptr, nullptr, "ss", unit_.c_str(), "replace");
        if (result < 0) return harness::failure_from(-result, "cannot stop a unit");
        return await_job();
    }

    Result<void> await_job() {
        while (!is_done_) {
            int result = sd_bus_process(bus_.get(), nullptr);
            if (result == 0) result = sd_bus_wait(bus_.get(), UINT64_MAX);
            if (result < 0) return harness::failure_from(-result, "systemd has gone");
        }
        is_done_ = false;
        return {};
    }

    int on_job_removed(sd_bus_message* signal) {
        const char* unit = nullptr;
        int result = sd_bus_message_read(signal, "uoss", nullptr, nullptr, &unit, nullptr);
        if (result > 0 && unit_ == unit) is_done_ = true;
        return 0;
    }

    OwnBus bus_;
    harness::Nanos run_;
    std::string program_;
    std::string unit_;
    std::uint64_t last_ = 0;
    bool is_done_ = false;
};

}  // namespace

Result<void> check_systemd() {
    if (sd_booted() > 0 && geteuid() == 0) return {};
    return failure(Errc::not_found, "needs systemd as the manager of this machine, and root");
}

MadeContestant make_raw_units(harness::Nanos run, const char* program) {
    CCD_TRY(check_systemd());
    sd_bus* bus = nullptr;
    int result = sd_bus_open_system(&bus);
    OwnBus own{bus};
    if (result < 0) return harness::failure_from(-result, "cannot reach the system bus");
    auto made = std::make_unique<RawUnits>(std::move(own), run, program);
    CCD_TRY(made->subscribe());
    return made;
}

}  // namespace ccd::bench
