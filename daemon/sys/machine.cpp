#include "daemon/sys/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "ccd/unique_fd.h"

namespace ccd::sys {
namespace {

Error error_of(const std::string& what) {
    return Error{.code = Errc::internal, .message = what + ": " + std::strerror(errno)};
}

// A small file as it stands, without the end of its line.
Result<std::string> read_line(const std::string& path) {
    UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file)
        return failure(errno == ENOENT ? Errc::not_found : Errc::internal,
                       "cannot read '" + path + "': " + std::strerror(errno));
    std::array<char, 256> text;
    auto size = read(file.get(), text.data(), text.size());
    if (size < 0) return tl::unexpected{error_of("cannot read '" + path + "'")};
    std::string line{text.data(), static_cast<std::size_t>(size)};
    return line.substr(0, line.find('\n'));
}

std::string random_name() {
    std::array<unsigned char, 4> bytes{};
    while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    }
    std::string name;
    for (auto byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        name.push_back(digits[byte >> 4]);
        name.push_back(digits[byte & 15]);
    }
    return name;
}

Result<void> write_durably(const std::string& path, const std::string& directory,
                           const std::string& text) {
    auto temporary = path + ".new";
    UniqueFd file{open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    auto is_written =
        file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (!is_written || fsync(file.get()) != 0 || rename(temporary.c_str(), path.c_str()) != 0)
        return tl::unexpected{error_of("cannot write '" + path + "'")};
    UniqueFd folder{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder || fsync(folder.get()) != 0)
        return tl::unexpected{error_of("cannot sync '" + directory + "'")};
    return {};
}

}  // namespace

std::string start_of_first_process(std::string_view stat) {
    // "1 (name) state ...": the name may hold anything, the rest are numbers; the 22nd field.
    constexpr int fields_behind_name = 20;
    auto at = stat.rfind(')');
    for (int i = 0; i < fields_behind_name && at != stat.npos; ++i) at = stat.find(' ', at + 1);
    std::uint64_t ticks = 0;
    if (at == stat.npos) return {};
    auto parsed = std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks);
    if (parsed.ec != std::errc{}) return {};
    std::array<char, 17> digits{};
    auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), ticks, 16).ptr;
    return {digits.data(), end};
}

Result<std::string> boot_id() {
    auto id = CCD_TRY(read_line("/proc/sys/kernel/random/boot_id"));
    std::erase(id, '-');
    auto first = read_line("/proc/1/stat");
    return id + "." + (first ? start_of_first_process(*first) : "");
}

std::uint32_t core_count() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    return static_cast<std::uint32_t>(std::max(CPU_COUNT(&cores), 1));
}

namespace {

// Of a file of names and numbers; none where it is not there.
std::optional<std::uint64_t> number_of(const std::string& path, std::string_view wanted) {
    std::ifstream facts{path};
    for (std::string name; facts >> name;) {
        std::uint64_t number = 0;
        if (name == wanted && facts >> number) return number;
    }
    return std::nullopt;
}

// What a control group may still have: pages of files can be had back. Without a limit: none.
std::optional<std::uint64_t> room_in(const std::string& group) {
    const auto read_number = [&](const char* file) -> std::optional<std::uint64_t> {
        const auto line = read_line(group + file);
        std::uint64_t number = 0;
        if (!line) return std::nullopt;
        const auto parsed = std::from_chars(line->data(), line->data() + line->size(), number);
        return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
    };
    const auto limit = read_number("/memory.max");
    const auto used = read_number("/memory.current");
    if (!limit || !used) return std::nullopt;
    const auto files = number_of(group + "/memory.stat", "file").value_or(0);
    return *limit - std::min(*limit, *used - std::min(*used, files));
}

}  // namespace

std::optional<Bytes> available_memory() {
    const auto kibibytes = number_of("/proc/meminfo", "MemAvailable:");
    if (!kibibytes) return std::nullopt;
    std::uint64_t available = *kibibytes << 10;
    const auto line = read_line("/proc/self/cgroup");
    if (!line || !line->starts_with("0::/")) return Bytes{available};
    for (std::string group = line->substr(3); !group.empty();) {
        if (const auto room = room_in("/sys/fs/cgroup" + group))
            available = std::min(available, *room);
        group.resize(group == "/" ? 0 : std::max<std::size_t>(group.rfind('/'), 1));
    }
    return Bytes{available};
}

Bytes total_memory() {
    return Bytes{static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                 static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

Bytes resident_memory() {
    auto line = read_line("/proc/self/statm");
    if (!line) return {};
    auto pages = line->find(' ') + 1;
    std::uint64_t count = 0;
    std::from_chars(line->data() + pages, line->data() + line->size(), count);
    return Bytes{count * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))};
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::string> instance_name(const std::string& state_dir) {
    auto path = state_dir + "/instance";
    auto name = read_line(path);
    if (name && !name->empty()) return name;
    if (!name && name.error().code != Errc::not_found) return name;
    auto made = random_name();
    CCD_TRY(write_durably(path, state_dir, made + "\n"));
    return made;
}

}  // namespace ccd::sys
