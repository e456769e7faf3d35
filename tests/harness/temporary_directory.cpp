#include "tests/harness/temporary_directory.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "tests/harness/error.h"

namespace ccd::harness {

Result<TemporaryDirectory> TemporaryDirectory::create(const std::string& parent,
                                                      std::string_view name) {
    auto path = parent + "/" + std::string{name} + "-XXXXXX";
    if (!::mkdtemp(path.data())) return failure_from(errno, "no directory '" + path + "'");
    return TemporaryDirectory{std::move(path)};
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace ccd::harness
