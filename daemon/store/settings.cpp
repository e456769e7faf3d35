#include "daemon/store/settings.h"

namespace ccd::store {

Result<Settings> Settings::prepare(sqlite3* connection) {
    Settings settings;
    settings.write_ =
        CCD_TRY(Statement::prepare(connection,
                                   "insert into setting (name, value) values (?1, ?2)"
                                   " on conflict (name) do update set value = excluded.value"));
    settings.raise_ = CCD_TRY(
        Statement::prepare(connection,
                           "insert into setting (name, value) values (?1, cast(?2 as text))"
                           " on conflict (name) do update set value = excluded.value"
                           " where cast(excluded.value as integer) > cast(value as integer)"));
    settings.number_ = CCD_TRY(Statement::prepare(
        connection, "select cast(value as integer) from setting where name = ?1"));
    settings.all_ =
        CCD_TRY(Statement::prepare(connection, "select name, value from setting order by name"));
    return settings;
}

Result<void> Settings::write(const SettingWrite& setting) {
    Statement::Run run = write_.run();
    CCD_TRY(run.bind(setting.name, setting.value));
    return run.finish();
}

Result<void> Settings::raise(const std::string& name, std::uint64_t number) {
    Statement::Run run = raise_.run();
    CCD_TRY(run.bind(name, number));
    return run.finish();
}

Result<std::uint64_t> Settings::number(const std::string& name) {
    Statement::Run run = number_.run();
    CCD_TRY(run.bind(name));
    std::uint64_t number = 0;
    if (CCD_TRY(run.step())) CCD_TRY(run.read(number));
    return number;
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
