#include "daemon/handlers/request.h"

#include <algorithm>

#include "daemon/handlers/word.h"

namespace ccd::handlers {
namespace {

constexpr std::size_t argument_limit = 4'096;
constexpr std::size_t text_limit = 1'000'000;  // of a whole argv or environment, in bytes
constexpr std::size_t path_limit = 4'095;
constexpr std::uint32_t gpu_limit = 64;
constexpr std::uint32_t retries_limit = 1'000;
constexpr std::int32_t priority_limit = 1'000'000;  // either way

}  // namespace

Result<void> check_strings(std::string_view what, const std::vector<std::string>& strings) {
    std::size_t size = 0;
    for (const auto& text : strings) {
        if (text.find('\0') != std::string::npos)
            return failure(Errc::bad_request, std::string{what} + " has a NUL byte inside");
        size += text.size() + 1;
    }
    if (strings.size() > argument_limit)
        return over_limit("the number of strings in " + std::string{what}, strings.size(),
                          argument_limit);
    if (size > text_limit)
        return over_limit("the length of " + std::string{what}, size, text_limit);
    return {};
}

Result<void> check_path(std::string_view what, std::string_view path) {
    if (!path.starts_with('/'))
        return failure(Errc::bad_request, std::string{what} + " '" +
                                              std::string{path.substr(0, word_limit)} +
                                              "' is not an absolute path");
    if (path.size() > path_limit)
        return over_limit("the length of " + std::string{what}, path.size(), path_limit);
    if (path.find('\0') != std::string_view::npos)
        return failure(Errc::bad_request, std::string{what} + " has a NUL byte inside");
    return {};
}

Result<void> check_environment(const std::vector<std::string>& environment) {
    CCD_TRY(check_strings("the environment", environment));
    for (const auto& entry : environment)
        if (auto equals = entry.find('='); equals == std::string::npos || equals == 0)
            return failure(Errc::bad_request, "environment entry '" +
                                                  entry.substr(0, std::min(equals, word_limit)) +
                                                  "' is not NAME=VALUE");
    return {};
}

Result<void> check_row(const store::JobRow& row) {
    if (row.gpu_count > gpu_limit)
        return over_limit("the number of cards", row.gpu_count, gpu_limit);
    if (row.gpu_count > 0 && row.job_class == job::Class::cpu)
        return failure(Errc::bad_request,
                       "class cpu has no cards; leave out --gpus, or say "
                       "--class training or inference");
    if (row.gpu_count == 0 && (row.vram.count > 0 || row.exclusive))
        return failure(Errc::bad_request, "--vram and --exclusive are about cards; say --gpus too");
    if (row.time_limit && *row.time_limit == Millis{0})
        return failure(Errc::bad_request, "a time limit of 0 would end the job at once");
    if (row.time_limit && row.options->warn_signal != 0 &&
        row.options->warn_before >= *row.time_limit)
        return failure(Errc::bad_request,
                       "a warning that long before the time limit would come before the job "
                       "begins; say a shorter --warn-before, or a longer --time-limit");
    if (row.progress.priority < -priority_limit || row.progress.priority > priority_limit)
        return failure(Errc::bad_request, "the priority must be from -" +
                                              std::to_string(priority_limit) + " to " +
                                              std::to_string(priority_limit));
    if (row.options->max_retries > retries_limit)
        return over_limit("the number of retries", row.options->max_retries, retries_limit);
    return {};
}

}  // namespace ccd::handlers
