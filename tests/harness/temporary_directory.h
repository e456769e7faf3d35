// A directory that is removed with all that is in it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "ccd/result.h"

namespace ccd::harness {

class TemporaryDirectory {
public:
    // A new one inside `parent`, whose name begins with `name`.
    static Result<TemporaryDirectory> create(const std::string& parent, std::string_view name);

    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, {})) {}
    TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept {
        std::swap(path_, other.path_);
        return *this;
    }
    ~TemporaryDirectory();

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }

private:
    explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

    std::string path_;  // empty: moved from
};

}  // namespace ccd::harness
