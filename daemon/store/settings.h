// The table of the daemon's own named values.
//
// Owner: the Database. Store thread only.
#pragma once

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

    // By name.
    Result<std::vector<SettingWrite>> all();

private:
    Statement write_;
    Statement all_;
};

}  // namespace ccd::store
