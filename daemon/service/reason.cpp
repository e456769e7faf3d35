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
    return sentence_of(outcome.exit_code, outcome.signal);
}

std::string public_reason(const store::Progress& progress) {
    switch (progress.state) {
        case job::State::failed:
            return sentence_of(progress.exit_code, progress.signal);
        case job::State::cancelled:
            return "cancelled";
        default:
            return progress.ending == store::Ending::cancel ? "cancelled" : progress.reason;
    }
}

}  // namespace ccd::service
