#include "daemon/service/reason.h"

#include <csignal>
#include <cstring>

namespace ccd::service {
namespace {

std::string sentence_of(std::optional<std::int32_t> exit_code, std::optional<std::int32_t> signal) {
    if (signal) {
        const auto* name = sigabbrev_np(*signal);
        return "signal " + std::to_string(*signal) +
               (name == nullptr ? "" : std::string{" (SIG"} + name + ")");
    }
    if (exit_code.value_or(0) != 0) return "exit code " + std::to_string(*exit_code);
    return {};
}

}  // namespace

std::string reason_of(const Outcome& outcome) {
    if (!outcome.reason.empty()) return outcome.reason;
    if (outcome.cause == Outcome::Cause::memory) return "oom: out of memory";
    if (outcome.cause == Outcome::Cause::time_limit) return "its time limit was over";
    if (outcome.cause == Outcome::Cause::manager)
        return "the service manager was told to end it, or ended itself";
    return sentence_of(outcome.exit_code, outcome.signal);
}

std::string name_of(job::Id id) {
    return "job " + std::to_string(id);
}

std::string moment(WallTime time) {
    auto second = std::chrono::floor<std::chrono::seconds>(time);
    auto day = std::chrono::floor<std::chrono::days>(second);
    std::chrono::year_month_day date{day};
    std::chrono::hh_mm_ss clock{second - day};
    auto two = [](auto number) {
        auto digits = std::to_string(number);
        return digits.size() < 2 ? "0" + digits : digits;
    };
    return std::to_string(static_cast<int>(date.year())) + "-" +
           two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
           " " + two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":" +
           two(clock.seconds().count()) + " UTC";
}

std::string public_reason(const store::Progress& progress) {
    switch (progress.state) {
        case job::State::failed:
            if (progress.reason.view().starts_with("oom: ")) return progress.reason.string();
            return sentence_of(progress.run->exit_code, progress.run->signal);
        case job::State::cancelled:
            return "cancelled";
        default:
            return progress.run->ending == store::Ending::cancel ? "cancelled"
                                                                 : progress.reason.string();
    }
}

}  // namespace ccd::service
