// The table of the daemon's own named values.
//
// Owner: the Database. Store thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/store/batch.h"
#include "daemon/store/statement.h"

namespace ccd::store {

class Settings {
public:
    // Prepared before it is used.
    Settings() = default;

    static Result<Settings> prepare(sqlite3* connection);

    // Takes the place of an older value.
    Result<void> write(const SettingWrite& setting);

    // A number that only grows: a smaller one than there is changes nothing.
    Result<void> raise(const std::string& name, std::uint64_t number);
    // 0 where it was never raised.
    Result<std::uint64_t> number(const std::string& name);

    // By name.
    Result<std::vector<SettingWrite>> all();

private:
    Statement write_;
    Statement raise_;
    Statement number_;
    Statement all_;
};

}  // namespace ccd::store
