// A /proc of the test's own: processes that never were.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace ccd::gpu {

class Proc {
public:
    Proc() {
        std::string pattern = (std::filesystem::temp_directory_path() / "proc-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
    }
    Proc(const Proc&) = delete;
    Proc& operator=(const Proc&) = delete;
    ~Proc() { std::filesystem::remove_all(directory_); }

    std::string path() const { return directory_.string(); }

    struct Process {
        std::int64_t pid = 0;
        std::int64_t parent = 1;
        std::uint32_t uid = 0;
        std::string cgroup = "0::/";  // the file's lines
        std::string name = "program";
    };
    void add(const Process& process) const {
        auto parent = std::to_string(process.parent);
        write(process.pid, "stat",
              std::to_string(process.pid) + " (" + process.name + ") S " + parent +
                  " 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n");
        // The effective uid stands second; the others are told apart from it.
        write(process.pid, "status",
              "Name:\tprogram\nState:\tS (sleeping)\nUid:\t7\t" + std::to_string(process.uid) +
                  "\t8\t9\nGid:\t7\t7\t7\t7\n");
        write(process.pid, "cgroup", process.cgroup + "\n");
    }
    void end(std::int64_t pid) const {
        std::filesystem::remove_all(directory_ / std::to_string(pid));
    }
    void remove(std::int64_t pid, const char* name) const {
        std::filesystem::remove(directory_ / std::to_string(pid) / name);
    }

private:
    void write(std::int64_t pid, const char* name, const std::string& text) const {
        auto folder = directory_ / std::to_string(pid);
        std::filesystem::create_directory(folder);
        std::ofstream{folder / name} << text;
    }

    std::filesystem::path directory_;
};

}  // namespace ccd::gpu
