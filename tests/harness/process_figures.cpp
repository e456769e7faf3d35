#include "tests/harness/process_figures.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ccd::harness {
namespace {

Result<std::string> read_status(const std::filesystem::path& path) {
    std::ifstream file{path};
    if (!file) return failure(Errc::not_found, "no '" + path.string() + "'");
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

Result<Bytes> resident_memory(pid_t pid) {
    auto status = CCD_TRY(read_status("/proc/" + std::to_string(pid) + "/status"));
    return Bytes{number_in(status, "VmRSS:") * 1024};
}

Result<std::uint64_t> context_switches(pid_t pid) {
    std::error_code error;
    std::filesystem::directory_iterator threads{"/proc/" + std::to_string(pid) + "/task", error};
    if (error) return failure(Errc::not_found, "no process " + std::to_string(pid));
    std::uint64_t total = 0;
    for (const auto& thread : threads) {
        auto status = CCD_TRY(read_status(thread.path() / "status"));
        total += number_in(status, "\nvoluntary_ctxt_switches:") +
                 number_in(status, "nonvoluntary_ctxt_switches:");
    }
    return total;
}

Result<std::size_t> open_descriptors(pid_t pid) {
    std::error_code error;
    std::filesystem::directory_iterator open{"/proc/" + std::to_string(pid) + "/fd", error};
    if (error) return failure(Errc::not_found, "no process " + std::to_string(pid) + " of ours");
    return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

std::uint64_t number_in(std::string_view status, std::string_view key) {
    auto at = status.find(key);
    if (at == std::string_view::npos) return 0;
    status.remove_prefix(at + key.size());
    status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
    std::uint64_t number = 0;
    std::from_chars(status.data(), status.data() + status.size(), number);
    return number;
}

}  // namespace ccd::harness
