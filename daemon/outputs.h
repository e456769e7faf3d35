// The outputs of jobs as files: kept to their limit while they grow, removed when nobody may ask
// for them any more.
//
// A job writes into its file by itself, so what it prints costs ccd nothing, and only a look at the
// file tells how much that is. Of one that holds more than the limit the middle is given back to
// the file system: the head, a quarter of the limit, and the tail, a half, stay as they are. The
// file keeps its length and its writer notices nothing; who reads it finds the hole. Between two
// looks a file may grow beyond its limit.
//
// Owner: the Daemon. Loop thread; what touches files is done on libuv's pool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ccd/result.h"
#include "ccd/time.h"
#include "daemon/loop/loop.h"
#include "daemon/service/decisions.h"

namespace ccd::daemon {

// XFS holds up to so much in advance behind the end of a file that grows.
inline constexpr Bytes usual_ahead = 8_GiB;

// Of a file that holds more than the limit and `ahead` together, which nobody comes to by writing,
// what it holds behind its end is given back too. Gives how much was left out now; 0: the file is
// within its limit, or is not there. `conflict`: its file system cannot do it.
Result<Bytes> cut_output(const std::string& path, Bytes limit, Bytes ahead = usual_ahead);

// The numbers of the directories in `logs` (see places.h), the smallest first.
std::vector<std::uint64_t> list_output_folders(const std::filesystem::path& logs);

// Which attempts have an output in one of these.
struct OutputFolder {
    std::uint64_t number = 0;
    std::vector<service::Begun> outputs;
};
OutputFolder list_outputs(const std::filesystem::path& logs, std::uint64_t folder);

class Outputs {
public:
    // Between two looks at the jobs that are alive, and at how many of them at once.
    static constexpr Millis interval{5'000};
    static constexpr std::size_t look_limit = 1'024;

    explicit Outputs(loop::Loop& loop) : loop_(loop) {}

    // One after the other: a disk that hangs holds up one thread, and no more.
    void cut(std::vector<std::string> paths, Bytes limit);
    bool is_cutting() const { return is_cutting_; }

    // And the directories that are empty then.
    void remove(std::vector<std::string> paths);

    // Calls back with those of these that are there, once nothing is being removed any more.
    struct Place {
        service::Begun output;
        std::string path;
    };
    using OnFound = std::function<void(std::vector<service::Begun>)>;
    void look_for(std::vector<Place> places, OnFound on_found);

private:
    struct Search {
        std::vector<Place> places;
        OnFound on_found;
    };

    void cut_next();
    void search();
    void say_trouble(const Error& error);

    loop::Loop& loop_;
    bool has_said_trouble_ = false;
    bool is_cutting_ = false;
    std::vector<std::string> to_cut_;
    Bytes limit_;
    std::uint32_t removing_ = 0;  // removals that are under way
    std::vector<Search> searches_;
};

}  // namespace ccd::daemon
