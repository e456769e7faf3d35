#include "tests/bench/stamp.h"

#include <cerrno>
#include <fstream>

#include "tests/harness/error.h"

namespace ccd::bench {

harness::Nanos monotonic_now() {
    return std::chrono::steady_clock::now().time_since_epoch();
}

Result<void> write_stamp(const std::string& file, harness::Nanos moment) {
    std::ofstream out{file};
    out << moment.count() << std::flush;
    if (!out) return harness::failure_from(errno, "cannot write '" + file + "'");
    return {};
}

Result<harness::Nanos> read_stamp(const std::string& file) {
    std::ifstream in{file};
    harness::Nanos::rep moment = 0;
    if (!(in >> moment)) return failure(Errc::not_found, "no stamp in '" + file + "'");
    return harness::Nanos{moment};
}

}  // namespace ccd::bench
