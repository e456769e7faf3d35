// The script of the fake library in a temporary directory, which goes with it.
//
// One at a time, and made before any thread: it sets the environment.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ccd::gpu {

class Script {
public:
    Script() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gpu-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        ::setenv("CCD_FAKE_NVML", path().c_str(), 1);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() { std::filesystem::remove_all(directory_); }

    std::filesystem::path path() const { return directory_ / "script"; }

    // From now on this is how the world is. Replaces the file whole.
    void say(const std::vector<std::string>& lines) const {
        auto fresh = directory_ / "fresh";
        {
            std::ofstream file{fresh};
            for (const auto& line : lines) file << line << '\n';
        }
        std::filesystem::rename(fresh, path());
    }

    // How often the library was asked for it: "init" or "shutdown".
    int calls(const std::string& wanted) const {
        std::ifstream file{path().string() + ".calls"};
        int count = 0;
        for (std::string line; std::getline(file, line);) count += line == wanted;
        return count;
    }

    std::filesystem::path make_fifo() const {
        auto fifo = directory_ / "fifo";
        ::mkfifo(fifo.c_str(), 0600);
        return fifo;
    }

private:
    std::filesystem::path directory_;
};

}  // namespace ccd::gpu
