#include "daemon/store/schema.h"

#include <array>
#include <string>

#include "daemon/store/statement.h"

namespace ccd::store {
namespace {

// To change the schema, append a migration that changes it. Each runs once on every database, in
// order, all that are missing in one transaction.
//
// A commit writes every page it touches, and those who commit together share pages: so a submit
// touches the last leaf of job, of event and of job_unfinished, and no other. That is why no index
// is in the order of keys; that a key is given once is for the rules to see to (service::Keys). An
// index more is a page more in every commit. Numbers 0 and 1, NULL and what is empty take no room
// in a row.
//
// job.id and event.seq come from the caller. environment is autoincrement, so that the numbers of
// rows that are gone stay taken: job.environment may point at one.
constexpr std::array migrations{
    R"sql(
    create table job (
        id integer primary key,
        uid integer not null,
        state integer not null,
        tags blob not null,
        class integer not null,
        exclusive integer not null,
        umask integer not null,
        gpu_count integer not null,
        cpus integer not null,
        vram integer not null,
        memory integer not null,
        time_limit integer,
        submitted_at integer not null,
        environment integer not null,
        argv blob not null,
        cwd text not null,
        name text not null,
        key text not null,
        stdin_file text not null,
        gpu blob not null,
        ending integer not null,
        priority integer not null,
        attempt integer not null,
        boot_id text not null,
        gpus blob not null,
        reason text not null,
        started_at integer,
        finished_at integer,
        exit_code integer,
        signal integer
    ) strict;
    create index job_unfinished on job (id) where state < 5;
    create index job_finished_key on job (id, uid, key) where state >= 5 and key <> '';
    create table tally (state integer primary key, jobs integer not null) strict;
    create table environment (
        id integer primary key autoincrement,
        body blob not null
    ) strict;
    create table event (
        seq integer primary key,
        time integer not null,
        job integer,
        from_state integer,
        to_state integer,
        attempt integer,
        reason text,
        gap integer not null
    ) strict;
    create table setting (name text primary key, value text not null) strict, without rowid;
    )sql",
    // What a job's unit is to be like.
    R"sql(
    alter table job add column properties blob not null default x'';
    )sql",
    // Pools, arrays, dependencies and retries. `after` and `after_any` are numbers of eight bytes.
    R"sql(
    alter table job add column pool text not null default '';
    alter table job add column array integer not null default 0;
    alter table job add column array_index integer not null default 0;
    alter table job add column array_limit integer not null default 0;
    alter table job add column after blob not null default x'';
    alter table job add column after_any blob not null default x'';
    alter table job add column warn_signal integer not null default 0;
    alter table job add column warn_before integer not null default 0;
    alter table job add column max_retries integer not null default 0;
    alter table job add column retry_delay integer not null default 0;
    alter table job add column retry_on integer not null default 0;
    alter table job add column ended_by integer;
    alter table job add column retries_left integer not null default 0;
    alter table job add column due integer;
    )sql",
    // How a submit that comes again is known.
    R"sql(
    alter table job add column array_size integer not null default 0;
    alter table job add column request integer not null default 0;
    update job set retry_delay = 1000, retry_on = 5 where retry_on = 0;
    )sql",
    // Queues in shared memory. Their numbers stay taken: memory is known by them.
    R"sql(
    create table queue (
        id integer primary key autoincrement,
        name text not null unique,
        uid integer not null,
        gid integer not null,
        mode integer not null,
        capacity integer not null,
        message_size integer not null,
        when_full integer not null,
        on_consumer_death integer not null
    ) strict;
    )sql",
};

static_assert(static_cast<int>(job::State::succeeded) == 5,
              "the schema says `state < 5` and `state >= 5`");

Result<std::uint64_t> version_of(sqlite3* connection) {
    Statement query = CCD_TRY(Statement::prepare(connection, "pragma user_version"));
    Statement::Run run = query.run();
    CCD_TRY(run.step());
    std::uint64_t version = 0;
    CCD_TRY(run.read(version));
    return version;
}

Result<void> migrate_from(std::uint64_t version, sqlite3* connection) {
    for (std::size_t next = version; next < migrations.size(); ++next) {
        CCD_TRY(execute(connection, migrations[next]));
    }
    const std::string stamp = "pragma user_version = " + std::to_string(migrations.size());
    CCD_TRY(execute(connection, stamp.c_str()));
    return execute(connection, "commit");
}

}  // namespace

std::uint32_t schema_version() {
    return static_cast<std::uint32_t>(migrations.size());
}

Result<void> check_version(std::uint64_t version) {
    if (version <= schema_version()) return {};
    return failure(Errc::storage_unavailable,
                   "the database was written by a newer ccd (schema " + std::to_string(version) +
                       ", this one knows " + std::to_string(schema_version()) +
                       "): install that version, or restore a backup made before the upgrade");
}

// On failure the caller closes the connection, which rolls back.
Result<void> migrate(sqlite3* connection) {
    const std::uint64_t version = CCD_TRY(version_of(connection));
    CCD_TRY(check_version(version));
    if (version == schema_version()) return {};
    CCD_TRY(execute(connection, "begin immediate"));
    return migrate_from(version, connection);
}

}  // namespace ccd::store
