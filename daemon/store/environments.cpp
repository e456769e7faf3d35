#include "daemon/store/environments.h"

namespace ccd::store {

Result<Environments> Environments::prepare(sqlite3* connection) {
    Environments environments;
    environments.insert_ = CCD_TRY(
        Statement::prepare(connection, "insert into environment (id, body) values (?1, ?2)"));
    environments.erase_ =
        CCD_TRY(Statement::prepare(connection, "delete from environment where id = ?1"));
    environments.all_ =
        CCD_TRY(Statement::prepare(connection, "select id, body from environment order by id"));
    environments.last_ = CCD_TRY(Statement::prepare(
        connection, "select ifnull(max(seq), 0) from sqlite_sequence where name = 'environment'"));
    return environments;
}

Result<void> Environments::insert(const EnvironmentRow& environment) {
    Statement::Run run = insert_.run();
    CCD_TRY(run.bind(environment.id, BlobView{environment.body}));
    return run.finish();
}

Result<void> Environments::erase(EnvironmentId id) {
    Statement::Run run = erase_.run();
    CCD_TRY(run.bind(id));
    return run.finish();
}

Result<std::vector<EnvironmentRow>> Environments::all() {
    std::vector<EnvironmentRow> rows;
    Statement::Run run = all_.run();
    while (CCD_TRY(run.step())) {
        EnvironmentRow row;
        CCD_TRY(run.read(row.id, row.body));
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<EnvironmentId> Environments::last_id() {
    Statement::Run run = last_.run();
    CCD_TRY(run.step());
    EnvironmentId last = 0;
    CCD_TRY(run.read(last));
    return last;
}

}  // namespace ccd::store
