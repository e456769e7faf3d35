#include "daemon/store/settings.h"

namespace ccd::store {

Result<Settings> Settings::prepare(sqlite3* connection) {
    Settings settings;
    settings.write_ =
        CCD_TRY(Statement::prepare(connection,
                                   "insert into setting (name, value) values (?1, ?2)"
                                   " on conflict (name) do update set value = excluded.value"));
    settings.all_ =
        CCD_TRY(Statement::prepare(connection, "select name, value from setting order by name"));
    return settings;
}

Result<void> Settings::write(const SettingWrite& setting) {
    Statement::Run run = write_.run();
    CCD_TRY(run.bind(setting.name, setting.value));
    return run.finish();
}

Result<std::vector<SettingWrite>> Settings::all() {
    std::vector<SettingWrite> settings;
    Statement::Run run = all_.run();
    while (CCD_TRY(run.step())) {
        SettingWrite setting;
        CCD_TRY(run.read(setting.name, setting.value));
        settings.push_back(std::move(setting));
    }
    return settings;
}

}  // namespace ccd::store
