#include "tests/stress/torture/witness.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "ccd/unique_fd.h"

namespace ccd::stress {
namespace {

constexpr int could_not_write = 99;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : value;
}

template <class Number>
bool parse(std::string_view text, Number& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string to_line(const Line& line) {
    return line.name + " " + std::to_string(line.job) + " " + std::to_string(line.attempt) + " " +
           line.nonce + "\n";
}

Result<std::vector<Line>> parse_lines(std::string_view text) {
    std::vector<Line> lines;
    std::istringstream stream{std::string{text}};
    for (std::string whole; std::getline(stream, whole);) {
        std::istringstream words{whole};
        Line line;
        std::string rest;
        words >> line.name >> line.job >> line.attempt >> line.nonce;
        if (!words || words >> rest)
            return failure(Errc::internal, "no witness wrote '" + whole + "'");
        lines.push_back(std::move(line));
    }
    return lines;
}

// FNV-1a: the same in every process.
std::int32_t code_of(std::string_view name, std::uint32_t attempt) {
    std::uint32_t hash = 2'166'136'261U;
    for (char c : std::string{name} + "." + std::to_string(attempt))
        hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
    hash ^= hash >> 15;
    return hash % 3 != 0 ? 0 : static_cast<std::int32_t>(1 + hash / 3 % 100);
}

int bear_witness(std::span<const char* const> words) {
    Line line{.name = words[1], .job = 0, .attempt = 0, .nonce = environment("CCD_JOB_NONCE")};
    Millis::rep stay = 0;
    if (!parse(environment("CCD_JOB_ID"), line.job) ||
        !parse(environment("CCD_ATTEMPT"), line.attempt) || !parse(words[2], stay))
        return could_not_write;
    auto text = to_line(line);
    UniqueFd file{open(words[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return could_not_write;
    // This is the job's work.
    if (stay > 0) std::this_thread::sleep_for(Millis{stay});
    return code_of(line.name, line.attempt);
}

std::vector<std::string> witness_command(const std::string& file, const std::string& name,
                                         Millis stay) {
    std::error_code error;
    return {std::filesystem::read_symlink("/proc/self/exe", error).string(), "--witness", file,
            name, std::to_string(stay.count())};
}

}  // namespace ccd::stress
