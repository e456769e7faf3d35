#include "daemon/gpu/owner.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

#include "ccd/unique_fd.h"

namespace ccd::gpu {
namespace {

// Nobody has more ancestors but in a loop, which a list that is read while it changes may hold.
constexpr std::size_t most_ancestors = 64;
// More of a file tells nothing that is asked for.
constexpr std::size_t most_text = 16 << 10;

std::string read_text(const std::string& path) {
    UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text(most_text, '\0');
    std::size_t size = 0;
    while (file && size < text.size()) {
        auto got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

// Takes what stands before the mark off the front; all of it where there is none.
std::string_view take_until(std::string_view& rest, char mark) {
    auto end = rest.find(mark);
    auto word = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return word;
}

template <class Number>
std::optional<Number> number_of(std::string_view word) {
    Number number = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return number;
}

std::string path_of(const std::string& proc, std::int64_t pid, const char* name) {
    return proc + "/" + std::to_string(pid) + "/" + name;
}

// From "4242 (the program's) name) S 4200 ...": the name may hold anything, parentheses too.
std::optional<std::int64_t> parent_of(const std::string& proc, std::int64_t pid) {
    auto text = read_text(path_of(proc, pid, "stat"));
    std::string_view rest = text;
    auto end = rest.rfind(") ");
    if (end == rest.npos) return std::nullopt;
    rest.remove_prefix(end + 2);
    take_until(rest, ' ');
    return number_of<std::int64_t>(take_until(rest, ' '));
}

// From "Uid: REAL EFFECTIVE SAVED OF_FILES", with tabs between them.
std::optional<std::uint32_t> uid_of(const std::string& proc, std::int64_t pid) {
    auto text = read_text(path_of(proc, pid, "status"));
    for (std::string_view rest = text; !rest.empty();) {
        auto line = take_until(rest, '\n');
        if (take_until(line, '\t') != "Uid:") continue;
        take_until(line, '\t');
        return number_of<std::uint32_t>(take_until(line, '\t'));
    }
    return std::nullopt;
}

// From lines "NUMBER:CONTROLLERS:PATH". The manager's own hierarchy is named where there are
// several (version 1), else it is the one without controllers (version 2).
std::string cgroup_of(const std::string& proc, std::int64_t pid) {
    auto text = read_text(path_of(proc, pid, "cgroup"));
    std::string_view found;
    for (std::string_view rest = text; !rest.empty();) {
        auto path = take_until(rest, '\n');
        take_until(path, ':');
        auto controllers = take_until(path, ':');
        if (controllers == "name=systemd") return std::string{path};
        if (controllers.empty()) found = path;
    }
    return std::string{found};
}

std::vector<std::string> units_of(std::string_view cgroup) {
    std::vector<std::string> units;
    while (!cgroup.empty()) {
        auto name = take_until(cgroup, '/');
        if (name.ends_with(".service") || name.ends_with(".scope")) units.emplace_back(name);
    }
    return units;
}

}  // namespace

std::optional<Owner> find_owner(std::int64_t pid, const std::string& proc) {
    auto parent = parent_of(proc, pid);
    auto uid = uid_of(proc, pid);
    if (!parent || !uid) return std::nullopt;
    Owner owner{.uid = *uid, .units = units_of(cgroup_of(proc, pid)), .ancestors = {}};
    for (; parent && *parent > 0 && owner.ancestors.size() < most_ancestors;
         parent = parent_of(proc, *parent))
        owner.ancestors.push_back(*parent);
    return owner;
}

}  // namespace ccd::gpu
