#include "daemon/outputs.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iterator>
#include <string_view>
#include <utility>

#include "ccd/unique_fd.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {
namespace {

constexpr std::uint64_t block_of_stat = 512;
constexpr std::uint64_t page = 4096;

tl::unexpected<Error> cannot(const std::string& what, const std::string& path, int code) {
    auto error = loop::error_from(-code, what + " '" + path + "'");
    if (code == EOPNOTSUPP || code == ENOSYS) error.code = Errc::conflict;
    return tl::unexpected{std::move(error)};
}

// All of the text.
template <class Number>
bool parse(std::string_view text, Number& number) {
    auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    return error == std::errc{} && end == text.end();
}

// "42.1.log" is of job 42, attempt 1. Nothing for what is not ours.
std::optional<service::Begun> parse_output(std::string_view name) {
    constexpr std::string_view ending{".log"};
    auto dot = name.find('.');
    service::Begun output;
    if (dot == name.npos || !name.ends_with(ending) || name.size() < dot + 1 + ending.size())
        return std::nullopt;
    auto attempt = name.substr(dot + 1, name.size() - dot - 1 - ending.size());
    if (!parse(name.substr(0, dot), output.job) || !parse(attempt, output.attempt))
        return std::nullopt;
    return output;
}

// Calls `on_name` with the name of each entry; of none where it cannot be read.
template <class OnName>
void for_each_name(const std::filesystem::path& directory, OnName on_name) {
    std::error_code error;
    std::filesystem::directory_iterator at{directory, error};
    for (; !error && at != std::filesystem::directory_iterator{}; at.increment(error))
        on_name(at->path().filename().string());
}

}  // namespace

std::vector<std::uint64_t> list_output_folders(const std::filesystem::path& logs) {
    std::vector<std::uint64_t> numbers;
    for_each_name(logs, [&](const std::string& name) {
        std::uint64_t number = 0;
        if (parse(std::string_view{name}, number)) numbers.push_back(number);
    });
    std::ranges::sort(numbers);
    return numbers;
}

OutputFolder list_outputs(const std::filesystem::path& logs, std::uint64_t folder) {
    OutputFolder found{.number = folder, .outputs = {}};
    for_each_name(logs / std::to_string(folder), [&](const std::string& name) {
        if (auto output = parse_output(name)) found.outputs.push_back(*output);
    });
    return found;
}

Result<Bytes> cut_output(const std::string& path, Bytes limit, Bytes ahead) {
    UniqueFd file{open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file && errno == ENOENT) return Bytes{0};
    if (!file) return cannot("cannot open", path, errno);
    struct stat found {};
    if (fstat(file.get(), &found) != 0) return cannot("cannot examine", path, errno);
    auto size = static_cast<std::uint64_t>(found.st_size);
    auto held = static_cast<std::uint64_t>(found.st_blocks) * block_of_stat;
    if (!S_ISREG(found.st_mode) || held <= limit.count) return Bytes{0};
    // What is written in this very moment may be lost: the price of taking room without writing.
    if (held > limit.count + ahead.count && ftruncate(file.get(), found.st_size) != 0)
        return cannot("cannot give back what lies behind the end of", path, errno);
    if (size <= limit.count) return Bytes{0};
    // Whole blocks: of one that is left out in part the rest would be there, as zeros.
    auto block = std::max<std::uint64_t>(page, static_cast<std::uint64_t>(found.st_blksize));
    auto from = (limit.count / 4 + block - 1) / block * block;
    auto to = (size - limit.count / 2) / block * block;
    if (to <= from) return Bytes{0};
    if (fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                  static_cast<off_t>(to - from)) != 0)
        return cannot("cannot give back the middle of", path, errno);
    return Bytes{to - from};
}

void Outputs::cut(std::vector<std::string> paths, Bytes limit) {
    std::ranges::move(paths, std::back_inserter(to_cut_));
    limit_ = limit;
    if (!is_cutting_) cut_next();
}

void Outputs::cut_next() {
    is_cutting_ = !to_cut_.empty();
    if (!is_cutting_) return;
    loop_.work(
        [paths = std::exchange(to_cut_, {}), limit = limit_] {
            std::optional<Error> trouble;
            for (const auto& path : paths)
                if (auto cut = cut_output(path, limit); !cut) trouble = std::move(cut.error());
            return trouble;
        },
        [this](const std::optional<Error>& trouble) {
            if (trouble) say_trouble(*trouble);
            cut_next();
        });
}

// Once: it is so for every file, and at every look.
void Outputs::say_trouble(const Error& error) {
    if (has_said_trouble_) return;
    has_said_trouble_ = true;
    sys::log(sys::Priority::warning, "the output of a job cannot be kept to jobs.log_limit: " +
                                         error.message + "; ignoring");
}

void Outputs::remove(std::vector<std::string> paths) {
    ++removing_;
    loop_.work(
        [paths = std::move(paths)] {
            for (const auto& path : paths) {
                unlink(path.c_str());
                rmdir(path.substr(0, path.rfind('/')).c_str());
            }
        },
        [this] {
            if (--removing_ == 0) search();
        });
}

void Outputs::look_for(std::vector<Place> places, OnFound on_found) {
    searches_.push_back({std::move(places), std::move(on_found)});
    if (removing_ == 0) search();
}

void Outputs::search() {
    for (auto& search : std::exchange(searches_, {}))
        loop_.work(
            [places = std::move(search.places)] {
                std::vector<service::Begun> found;
                for (const auto& place : places)
                    if (access(place.path.c_str(), F_OK) == 0) found.push_back(place.output);
                return found;
            },
            std::move(search.on_found));
}

}  // namespace ccd::daemon
