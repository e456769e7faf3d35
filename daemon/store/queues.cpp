#include "daemon/store/queues.h"

namespace ccd::store {

Result<Queues> Queues::prepare(sqlite3* connection) {
    Queues queues;
    queues.insert_ = CCD_TRY(
        Statement::prepare(connection,
                           "insert into queue (id, name, uid, gid, mode, capacity, message_size,"
                           " when_full, on_consumer_death)"
                           " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
    queues.erase_ = CCD_TRY(Statement::prepare(connection, "delete from queue where id = ?1"));
    queues.all_ = CCD_TRY(
        Statement::prepare(connection,
                           "select id, name, uid, gid, mode, capacity, message_size, when_full,"
                           " on_consumer_death from queue order by id"));
    queues.last_ = CCD_TRY(Statement::prepare(
        connection, "select ifnull(max(seq), 0) from sqlite_sequence where name = 'queue'"));
    return queues;
}

Result<void> Queues::insert(const QueueRow& queue) {
    Statement::Run run = insert_.run();
    CCD_TRY(run.bind(queue.id, queue.name, queue.uid, queue.gid, queue.mode, queue.capacity,
                     queue.message_size, queue.when_full, queue.on_consumer_death));
    return run.finish();
}

Result<void> Queues::erase(QueueId id) {
    Statement::Run run = erase_.run();
    CCD_TRY(run.bind(id));
    return run.finish();
}

Result<std::vector<QueueRow>> Queues::all() {
    std::vector<QueueRow> rows;
    Statement::Run run = all_.run();
    while (CCD_TRY(run.step())) {
        QueueRow row;
        CCD_TRY(run.read(row.id, row.name, row.uid, row.gid, row.mode, row.capacity,
                         row.message_size, row.when_full, row.on_consumer_death));
        rows.push_back(std::move(row));
    }
    return rows;
}

Result<QueueId> Queues::last_id() {
    Statement::Run run = last_.run();
    CCD_TRY(run.step());
    QueueId last = 0;
    CCD_TRY(run.read(last));
    return last;
}

}  // namespace ccd::store
