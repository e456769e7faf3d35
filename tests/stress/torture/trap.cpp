// Loaded into a ccd by LD_PRELOAD: ends it with SIGKILL at a commit that is wanted.
//
// It stands between ccd and SQLite, sees which transitions of jobs a transaction has, and lets the
// daemon die just before such a transaction is committed, of which nothing is on disk then, or just
// after, when nobody has been told. ccd itself knows nothing of it. What it was caught at is
// written down first.
//
// $CCD_TRAPS says what is wanted (see coverage.h), $CCD_TRAP_LOG where it is written down.
//
// The store thread alone prepares and runs these statements; whatever other threads do passes.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/stress/torture/coverage.h"

namespace {

using namespace ccd::stress;

struct Watched {
    std::string wanted;
    std::string log;
    sqlite3_stmt* event = nullptr;
    sqlite3_stmt* begin = nullptr;
    sqlite3_stmt* commit = nullptr;
    Caught next;             // as far as its values are bound
    std::vector<Caught> of;  // this transaction
};

Watched& watched() {
    static Watched all = [] {
        Watched made;
        if (const char* wanted = getenv("CCD_TRAPS")) made.wanted = wanted;
        if (const char* log = getenv("CCD_TRAP_LOG")) made.log = log;
        // Not in the programs that ccd starts.
        unsetenv("LD_PRELOAD");
        return made;
    }();
    return all;
}

template <class Function>
Function real(const char* name, Function) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void die_if_wanted(Moment moment) {
    auto& now = watched();
    for (auto caught : now.of) {
        caught.moment = moment;
        if (!is_wanted(now.wanted, caught)) continue;
        auto line = to_line(caught);
        int file = open(now.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (write(file, line.data(), line.size()) > 0) kill(getpid(), SIGKILL);
    }
}

}  // namespace

extern "C" {

__attribute__((constructor)) static void read_environment() {
    watched();
}

__attribute__((visibility("default"))) int sqlite3_prepare_v3(sqlite3* connection, const char* sql,
                                                              int size, unsigned flags,
                                                              sqlite3_stmt** statement,
                                                              const char** tail) {
    static auto next = real("sqlite3_prepare_v3", &sqlite3_prepare_v3);
    int code = next(connection, sql, size, flags, statement, tail);
    std::string_view text{
        sql, size < 0 ? std::char_traits<char>::length(sql) : static_cast<std::size_t>(size)};
    if (code != SQLITE_OK) return code;
    if (text.starts_with("insert into event ")) watched().event = *statement;
    if (text == "begin immediate") watched().begin = *statement;
    if (text == "commit") watched().commit = *statement;
    return code;
}

__attribute__((visibility("default"))) int sqlite3_bind_int64(sqlite3_stmt* statement, int index,
                                                              sqlite3_int64 value) {
    static auto next = real("sqlite3_bind_int64", &sqlite3_bind_int64);
    if (statement == watched().event) set_column(watched().next, index, value);
    return next(statement, index, value);
}

__attribute__((visibility("default"))) int sqlite3_step(sqlite3_stmt* statement) {
    static auto next = real("sqlite3_step", &sqlite3_step);
    auto& now = watched();
    if (statement == now.begin) now.of.clear();
    if (statement == now.event) now.of.push_back(std::exchange(now.next, {}));
    if (statement != now.commit) return next(statement);
    die_if_wanted(Moment::before);
    int code = next(statement);
    if (code == SQLITE_DONE) die_if_wanted(Moment::after);
    return code;
}

}  // extern "C"
