#pragma once

#include "statements/columns.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Statements of SqlJobStore::Operators about workers, tallies and audit entries. SQLite uses these
/// texts.
struct FleetStatements {
    // Workers

    /// Of a heartbeat's worker; locks the row until the transaction ends.
    Sql worker_run = {"fleet.worker_run", R"sql(
        SELECT {columns} FROM job_workers WHERE worker = :worker {for_update}
    )sql",
                      columns::worker_run};
    /// Unless it exists.
    Sql add_worker = {"fleet.add_worker", R"sql(
        INSERT INTO job_workers (worker) VALUES (:worker) ON CONFLICT DO NOTHING
    )sql"};
    Sql keep_report = {"fleet.keep_report", R"sql(
        UPDATE job_workers
           SET host = :host, process = :process, version = :version, started_at = :started_at,
               state = :state, concurrency = :concurrency, running = :running, queues = :queues,
               types = :types, next_within = :next_within, last_heartbeat = :now, run = :run,
               number = :number, order_number = :order_number,
               order_expires_at = :order_expires_at
         WHERE worker = :worker
    )sql"};
    Sql workers = {"fleet.workers", R"sql(
        SELECT {columns} FROM job_workers WHERE worker > :after ORDER BY worker LIMIT :n
    )sql",
                   columns::worker};
    Sql worker_to_order = {"fleet.worker_to_order", R"sql(
        SELECT {columns} FROM job_workers WHERE worker = :worker {for_update}
    )sql",
                           columns::worker};
    Sql keep_order = {"fleet.keep_order", R"sql(
        UPDATE job_workers
           SET order_number = order_number + 1, order_quiet = :quiet,
               order_concurrency = :concurrency, order_expires_at = :expires_at
         WHERE worker = :worker
    )sql"};

    // Tallies

    /// Rows: of tally_columns, by key.
    Sql add_tallies = {"fleet.add_tallies", R"sql(
        INSERT INTO job_tallies ({tally_columns})
        SELECT {given_tally} FROM {tallies} WHERE true
            ON CONFLICT (period, start, queue, type, outcome, error_code) DO UPDATE
           SET {added_tally}
    )sql"};
    Sql tallies = {"fleet.tallies", R"sql(
        SELECT {columns} FROM job_tallies
         WHERE period = :period AND start < :until
           AND (start, queue, type, outcome, error_code)
               > (:start, :queue, :type, :outcome, :error_code)
         ORDER BY period, start, queue, type, outcome, error_code LIMIT :n
    )sql",
                   columns::tally};

    // Audit entries

    /// Unless it exists.
    Sql add_audit_entry = {"fleet.add_audit_entry", R"sql(
        INSERT INTO job_audit (id, recorded_at, who, origin, action, target, reason, outcome)
        VALUES (:id, :now, :who, :origin, :action, :target, :reason, :outcome)
            ON CONFLICT DO NOTHING
    )sql"};
    Sql audit_entries = {"fleet.audit_entries", R"sql(
        SELECT {columns} FROM job_audit WHERE id < :before ORDER BY id DESC LIMIT :n
    )sql",
                         columns::audit_entry};

    // Retention. A look selects what no index has: MySQL may scan an index that has all columns.

    Sql last_heartbeats = {"fleet.last_heartbeats", R"sql(
        SELECT worker, last_heartbeat FROM job_workers
         WHERE worker > :after ORDER BY worker LIMIT :n
    )sql",
                           columns::name_and_number};
    Sql forget_worker = {"fleet.forget_worker", R"sql(
        DELETE FROM job_workers WHERE worker = :worker AND last_heartbeat < :until
    )sql"};
    Sql past_tally = {"fleet.past_tally", R"sql(
        SELECT total FROM job_tallies WHERE period = :period AND start < :until
         ORDER BY start LIMIT 1
    )sql",
                      columns::one_number};
    Sql forget_tallies = {"fleet.forget_tallies", R"sql(
        DELETE FROM job_tallies
         WHERE rowid IN (SELECT rowid FROM job_tallies WHERE period = :period AND start < :until
                          ORDER BY start LIMIT :n)
    )sql"};
    Sql past_audit_entry = {"fleet.past_audit_entry", R"sql(
        SELECT who FROM job_audit WHERE id < :before ORDER BY id LIMIT 1
    )sql",
                            columns::one_text};
    Sql forget_audit_entries = {"fleet.forget_audit_entries", R"sql(
        DELETE FROM job_audit
         WHERE id IN (SELECT id FROM job_audit WHERE id < :before ORDER BY id LIMIT :n)
    )sql"};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
