// The tree: what stands at its top, and which layer may include which, as a table.
//
// A file belongs to the layer with the longest folder that its path begins with. What is not
// listed in a row is forbidden; a layer may always include itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ccd::layers {

// What is not ours, by the headers that name it.
enum class Library : std::uint8_t {
    standard,  // of C++
    posix,     // the C library's, the kernel's and the compiler's
    expected,
    uv,
    systemd,
    sqlite,
    msgpack,
    toml,
    json,
    fmt,
    boost,
};

// A library and the beginnings of its headers' names.
struct LibraryHeaders {
    Library library;
    std::string_view target;  // what CMake calls it; empty: it needs no linking
    std::vector<std::string_view> headers;
};

inline const std::vector<LibraryHeaders> libraries{
    // Of C, for the C ABI.
    {Library::standard, "", {"stddef.h", "stdint.h"}},
    {Library::expected, "", {"tl/expected.hpp"}},
    {Library::uv, "PkgConfig::uv", {"uv.h"}},
    {Library::systemd, "PkgConfig::systemd", {"systemd/"}},
    {Library::sqlite, "PkgConfig::sqlite", {"sqlite3.h"}},
    {Library::msgpack, "", {"msgpack.hpp", "msgpack/"}},
    {Library::toml, "", {"toml++/"}},
    {Library::json, "nlohmann_json::nlohmann_json", {"nlohmann/"}},
    {Library::fmt, "fmt::fmt", {"fmt/"}},
    {Library::boost, "Boost::unit_test_framework", {"boost/"}},
    {Library::posix, "", {"sys/",       "linux/",   "dirent.h",  "dlfcn.h",   "fcntl.h",  "grp.h",
                          "malloc.h",   "mqueue.h", "poll.h",    "pthread.h", "pwd.h",    "sched.h",
                          "shadow.h",   "signal.h", "spawn.h",   "stdio.h",   "stdlib.h", "time.h",
                          "ucontext.h", "unistd.h", "sanitizer/"}},
};

struct Layer {
    std::string_view folder;  // or the beginning of a file's name
    std::string_view target;  // its CMake library; empty: it has none, or another's
    std::vector<std::string_view> ours;
    std::vector<Library> outside;  // besides the standard library
};

inline const std::vector<Layer> table{
    {"lib/include/ccd", "ccd-headers", {}, {Library::expected}},
    // It closes what it owns.
    {"lib/include/ccd/unique_fd.h", "", {"lib/include/ccd"}, {Library::posix}},
    {"lib/text", "ccd-text", {"lib/include/ccd"}, {}},
    {"lib/shm", "ccd-shm", {"lib/include/ccd"}, {Library::posix}},
    {"lib/wire", "ccd-wire", {"lib/include/ccd"}, {Library::msgpack}},
    {"lib/client", "ccd-client", {"lib/include/ccd", "lib/wire", "lib/shm"}, {Library::posix}},
    {"lib/abi", "ccd-abi", {"lib/include/ccd", "lib/client"}, {}},
    {"lib/python", "", {}, {}},
    {"daemon/loop", "ccd-loop", {"lib/include/ccd"}, {Library::uv}},
    {"daemon/sys", "ccd-sys", {"lib/include/ccd"}, {Library::systemd, Library::posix}},
    {"daemon/store", "ccd-store", {"lib/include/ccd"}, {Library::sqlite, Library::posix}},
    {"daemon/service", "ccd-service", {"lib/include/ccd", "lib/shm", "daemon/store/batch.h"}, {}},
    {"daemon/exec",
     "ccd-exec",
     {"lib/include/ccd", "daemon/loop", "daemon/sys"},
     {Library::systemd, Library::posix}},
    // A program of its own, that shares the executor's formats.
    {"daemon/exec/shim", "ccd-shim", {"lib/include/ccd", "daemon/exec"}, {Library::posix}},
    {"daemon/gpu", "ccd-gpu", {"lib/include/ccd"}, {Library::posix}},
    {"daemon/handlers",
     "ccd-handlers",
     {"lib/include/ccd", "lib/wire", "lib/shm", "daemon/service", "daemon/store/batch.h"},
     {}},
    {"daemon/net",
     "ccd-net",
     {"lib/include/ccd", "lib/wire", "daemon/loop", "daemon/sys", "daemon/handlers/dispatch.h"},
     {Library::posix}},
    {"daemon", "ccd-daemon", {"daemon", "lib"}, {Library::posix}},
    {"daemon/config.cpp", "", {"daemon", "lib"}, {Library::toml}},
    {"ctl",
     "ccd-ctl",
     {"lib/include/ccd", "lib/text", "lib/client"},
     {Library::json, Library::fmt, Library::posix}},
    {"tests",
     "",
     {"ctl", "daemon", "lib"},
     {Library::boost, Library::expected, Library::fmt, Library::json, Library::msgpack,
      Library::posix, Library::sqlite, Library::systemd, Library::toml, Library::uv}},
};

inline constexpr std::array<std::string_view, 17> top_level{"CMakeLists.txt",
                                                            "CMakePresets.json",
                                                            "README.md",
                                                            "CHANGELOG.md",
                                                            "LICENSE",
                                                            ".clang-format",
                                                            ".clang-tidy",
                                                            ".gitignore",
                                                            ".ci",
                                                            "daemon",
                                                            "ctl",
                                                            "lib",
                                                            "systemd",
                                                            "etc",
                                                            "tests",
                                                            "debian",
                                                            "docs"};
// What no release holds: the history, and what was built, by us or by dpkg-buildpackage (obj-*).
constexpr bool is_beside_the_tree(std::string_view name) {
    return name == ".git" || name == "build" || name.starts_with("obj-");
}

}  // namespace ccd::layers
