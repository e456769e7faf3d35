#include "lib/abi/failure.h"

#include <algorithm>
#include <string>

namespace ccd::abi {
namespace {

thread_local std::string last_failure;

constexpr int number_of(Errc code) {
    return -static_cast<int>(code);
}
static_assert(number_of(Errc::bad_request) == CCD_BAD_REQUEST &&
              number_of(Errc::not_found) == CCD_NOT_FOUND &&
              number_of(Errc::conflict) == CCD_CONFLICT && number_of(Errc::denied) == CCD_DENIED &&
              number_of(Errc::over_limit) == CCD_OVER_LIMIT &&
              number_of(Errc::storage_unavailable) == CCD_STORAGE_UNAVAILABLE &&
              number_of(Errc::timeout) == CCD_TIMEOUT &&
              number_of(Errc::unreachable) == CCD_UNREACHABLE &&
              number_of(Errc::internal) == CCD_INTERNAL && errc_table.size() == 9);

}  // namespace

int fail(const Error& error) {
    last_failure = error.message;
    return number_of(error.code);
}

int fail_for(const char* argument) {
    last_failure = std::string{"'"} + argument + "' is not what it must be";
    return CCD_BAD_REQUEST;
}

int fail_in_queue(const Error& error) {
    const int code = fail(error);
    return code == CCD_NOT_FOUND ? static_cast<int>(CCD_CLOSED) : code;
}

}  // namespace ccd::abi

extern "C" const char* ccd_error(void) noexcept {
    return ccd::abi::last_failure.c_str();
}

extern "C" const char* ccd_strerror(int code) noexcept {
    if (code == CCD_OK) return "ok";
    if (code == CCD_CLOSED) return "closed";
    const auto* row = std::ranges::find(ccd::errc_table, code, [](const ccd::ErrcInfo& info) {
        return ccd::abi::number_of(info.code);
    });
    // Of a literal: it ends with a zero.
    return row == ccd::errc_table.end() ? "unknown" : row->name.data();
}
