#include "daemon/exec/launch_failure.h"

#include <cerrno>
#include <cstring>

#include "daemon/exec/number.h"

namespace ccd::exec {
namespace {

constexpr std::string_view beginning = "cannot run: step ";
constexpr std::string_view middle = ", error ";

}  // namespace

std::int32_t exit_code_of(const LaunchFailure& failure) {
    if (failure.step != Step::exec) return 125;
    switch (failure.error) {
        case ENOENT:
        case ENOTDIR:
            return 127;
        case ENOMEM:
        case EAGAIN:
        case E2BIG:
        case EMFILE:
        case ENFILE:
        case EIO:
            return 125;
        default:
            return 126;
    }
}

Reason reason_of(const LaunchFailure& failure, const LaunchNames& names) {
    Reason reason;
    reason.add("cannot run ").add_quoted(names.program).add(": ");
    if (failure.step == Step::cwd) reason.add("working directory ").add_quoted(names.cwd).add(": ");
    if (failure.step == Step::standard_input)
        reason.add("standard input ").add_quoted(names.stdin_file).add(": ");
    if (failure.step == Step::announcement) reason.add("the service manager does not hear of it: ");
    std::int32_t code = exit_code_of(failure);
    if (code == 127) return reason.add("not found");
    if (code == 126 && failure.error == EACCES) return reason.add("not executable");
    const char* text = strerrordesc_np(failure.error);
    return reason.add(text != nullptr ? text : "unknown error");
}

FailureText encode_failure(const LaunchFailure& failure) {
    FailureText text;
    text.add(beginning).add(static_cast<std::uint64_t>(failure.step));
    return text.add(middle).add(static_cast<std::uint64_t>(failure.error));
}

std::optional<LaunchFailure> parse_failure(std::string_view text) {
    auto comma = text.find(middle);
    if (!text.starts_with(beginning) || comma == text.npos) return std::nullopt;
    std::uint32_t step = 0;
    LaunchFailure failure;
    auto is_good = parse_number(text.substr(beginning.size(), comma - beginning.size()), step) &&
                   parse_number(text.substr(comma + middle.size()), failure.error);
    failure.step = static_cast<Step>(step);
    auto is_known = failure.step >= Step::cwd && failure.step <= Step::exec;
    return is_good && is_known ? std::optional(failure) : std::nullopt;
}

}  // namespace ccd::exec
