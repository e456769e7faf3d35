// What the shim is told about its job, as it travels in a memfd.
//
// All numbers are in the byte order of the machine. A string is its length (4 bytes), its bytes
// and a NUL, so that the reader hands pointers into the memfd to execve and copies nothing.
//
//   "ccdspec\0"  version:4  umask:4  stop_grace:8 (ms)
//   string nonce, boot_id, cwd, stdin_file
//   count:4 string...   argv, at least one
//   count:4 string...   environment
//
// Used by the executor and by the shim: no allocation, no exceptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ccd/time.h"

namespace ccd::exec {

inline constexpr std::string_view spec_magic{"ccdspec\0", 8};
inline constexpr std::uint32_t spec_version = 1;

// Bounds what the shim maps. The sum of argv and environment is bounded far below at submit.
inline constexpr std::size_t spec_limit = 8u << 20;

inline constexpr std::size_t nonce_limit = 64;

// The shim puts it into the environment of the job, where what is left of the job is found by it.
inline constexpr std::string_view nonce_variable = "CCD_JOB_NONCE=";

// A nonce is part of file names: 1 to 64 letters, digits, '-' or '_'.
bool is_nonce(std::string_view text);

// A checked list of strings within a spec.
class Strings {
public:
    Strings() = default;
    Strings(const char* first, std::uint32_t count) : first_(first), count_(count) {}

    std::uint32_t count() const { return count_; }

    // REQUIRES: there is one.
    std::string_view front() const {
        std::uint32_t length = 0;
        __builtin_memcpy(&length, first_, sizeof length);
        return {first_ + sizeof length, length};
    }

    // Calls on_string(std::string_view) for each in turn; every one ends with a NUL.
    template <class OnString>
    void each(OnString on_string) const {
        const char* at = first_;
        for (std::uint32_t i = 0; i < count_; ++i) {
            std::uint32_t length = 0;
            __builtin_memcpy(&length, at, sizeof length);
            on_string(std::string_view(at + sizeof length, length));
            at += sizeof length + length + 1;
        }
    }

private:
    const char* first_ = nullptr;
    std::uint32_t count_ = 0;
};

// Points into the bytes it was parsed from; every string ends with a NUL there.
struct SpecView {
    std::uint32_t umask = 022;
    Millis stop_grace{};
    std::string_view nonce;
    std::string_view boot_id;
    std::string_view cwd;
    std::string_view stdin_file;
    Strings argv;
    Strings environment;
};

// Nothing, unless `bytes` are one whole spec of this version and no more.
std::optional<SpecView> parse_spec(std::string_view bytes);

}  // namespace ccd::exec
