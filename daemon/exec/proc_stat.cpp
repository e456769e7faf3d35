#include "daemon/exec/proc_stat.h"

#include <fcntl.h>
#include <unistd.h>

#include "ccd/unique_fd.h"
#include "daemon/exec/number.h"
#include "daemon/exec/short_text.h"

namespace ccd::exec {
namespace {

constexpr int parent_field = 4;
constexpr int start_field = 22;

// Takes the next word off the front of `rest`.
std::string_view take_word(std::string_view& rest) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    std::size_t length = 0;
    while (length < rest.size() && rest[length] != ' ') ++length;
    std::string_view word(rest.data(), length);
    rest.remove_prefix(length);
    return word;
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
    // The second field is the program's name in parentheses, and may hold any of them itself.
    std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(name_end + 1);
    ProcStat stat;
    for (int field = 3; field <= start_field; ++field) {
        std::string_view word = take_word(text);
        bool is_good = !word.empty();
        if (field == parent_field) is_good = parse_number(word, stat.parent);
        if (field == start_field) is_good = parse_number(word, stat.start_ticks);
        if (!is_good) return std::nullopt;
    }
    return stat;
}

std::optional<ProcStat> read_stat(pid_t pid) {
    ShortText<40> path;
    path.add("/proc/").add(static_cast<std::uint64_t>(pid)).add("/stat");
    UniqueFd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return std::nullopt;
    char text[1024];
    ssize_t length = read(file.get(), text, sizeof text);
    if (length <= 0) return std::nullopt;
    return parse_stat({text, static_cast<std::size_t>(length)});
}

std::optional<pid_t> ProcessList::next() {
    while (dirent* entry = folder_ ? readdir(folder_.get()) : nullptr) {
        pid_t pid = 0;
        if (parse_number(std::string_view(entry->d_name), pid)) return pid;
    }
    return std::nullopt;
}

}  // namespace ccd::exec
