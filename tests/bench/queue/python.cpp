// multiprocessing.Queue, as people use it: one program, whose processes put and get objects.
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/bench/queue/contestants.h"
#include "tests/harness/child.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::bench::queue {
namespace {

using harness::Nanos;

constexpr Nanos patience = std::chrono::seconds{60};  // beyond the run

// Counts in memory that the processes share, and tells the rate.
constexpr const char* program = R"(
import ctypes, mmap, multiprocessing, signal, sys, time

producers, consumers, size, capacity = map(int, sys.argv[1:5])
seconds = float(sys.argv[5])
fork = multiprocessing.get_context("fork")
queue = fork.Queue(capacity)
LINE = 8  # words of a cache line
counts = memoryview(mmap.mmap(-1, 8 * LINE * consumers)).cast("Q")
libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def produce():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    message = bytes(size)
    while True:
        queue.put(message)


def consume(number):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    count = 0
    while True:
        queue.get()
        count += 1
        counts[LINE * number] = count


processes = [fork.Process(target=consume, args=(i,)) for i in range(consumers)]
processes += [fork.Process(target=produce) for _ in range(producers)]
for process in processes:
    process.start()
while sum(counts) == 0:
    time.sleep(0.001)
time.sleep(seconds / 5)
before, began = sum(counts), time.monotonic()
time.sleep(seconds)
while sum(counts) == before:
    time.sleep(0.001)
rate = (sum(counts) - before) / (time.monotonic() - began)
for process in processes:
    process.kill()
for process in processes:
    process.join()
print(rate)
)";

// What it has told; nothing else is told by one that works.
Result<double> parse_rate(const std::string& told) {
    double rate = 0;
    const auto [end, error] = std::from_chars(told.data(), told.data() + told.size(), rate);
    if (error == std::errc{} && std::isfinite(rate) && rate > 0) return rate;
    return failure(Errc::internal, "python3 told no rate: " + told);
}

class Python : public Contestant {
public:
    Python(harness::TemporaryDirectory directory, const std::string& python, const Shape& shape,
           Nanos run)
        : directory_(std::move(directory)),
          program_{
              .argv = {python, "-c", program, std::to_string(shape.producers),
                       std::to_string(shape.consumers), std::to_string(shape.message_size),
                       std::to_string(shape.capacity), std::to_string(harness::seconds_of(run))},
              .environment = {},
              .output = directory_ / "told"},
          patience_(std::chrono::ceil<Millis>(2 * run + patience)) {}

    Result<Measurement> run() override {
        std::filesystem::remove(program_.output);
        auto child = CCD_TRY(harness::Child::start(program_));
        const auto status = child.wait(patience_);
        if (!status) return failure(Errc::timeout, "python3 did not end in time");
        std::ifstream file{program_.output};
        const std::string told{std::istreambuf_iterator<char>{file}, {}};
        if (*status != 0)
            return failure(Errc::internal,
                           "python3 ended with " + harness::describe_status(*status) + ": " + told);
        return Measurement{.rate = CCD_TRY(parse_rate(told))};
    }

private:
    harness::TemporaryDirectory directory_;
    harness::Program program_;
    Millis patience_;
};

}  // namespace

MadeContestant make_python(const Shape& shape, Nanos run) {
    const auto python = harness::find_in_path("python3");
    if (!python) return failure(Errc::not_found, "'python3' is not installed");
    auto directory = CCD_TRY(
        harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-bench-python"));
    return std::make_unique<Python>(std::move(directory), *python, shape, run);
}

}  // namespace ccd::bench::queue
