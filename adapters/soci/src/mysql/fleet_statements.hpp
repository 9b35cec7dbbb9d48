#pragma once

#include "mysql/fragments.hpp"
#include "statements/fleet_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql {

inline constexpr FleetStatements fleet_statements = {
    .worker_run = {"fleet.worker_run", R"sql(
        SELECT {columns} FROM job_workers WHERE worker = :worker FOR UPDATE
    )sql",
                   columns::worker_run},
    .add_worker = {"fleet.add_worker", R"sql(
        INSERT INTO job_workers (worker) VALUES (:worker) ON DUPLICATE KEY UPDATE worker = worker
    )sql"},
    .worker_to_order = {"fleet.worker_to_order", R"sql(
        SELECT {columns} FROM job_workers WHERE worker = :worker FOR UPDATE
    )sql",
                        columns::worker},
    .add_tallies = {"fleet.add_tallies", R"sql(
        INSERT INTO job_tallies ({tally_columns})
        SELECT {new_tally} FROM {tallies} AS batch
            ON DUPLICATE KEY UPDATE {added_tally}
    )sql"},
    // A comparison of rows is no range of the primary key; these are.
    .tallies = {"fleet.tallies", R"sql(
        SELECT {columns} FROM job_tallies FORCE INDEX (PRIMARY)
         WHERE period = :period AND start < :until
           AND (start > :start
                OR start = :start AND queue > :queue
                OR start = :start AND queue = :queue AND type > :type
                OR start = :start AND queue = :queue AND type = :type AND outcome > :outcome
                OR start = :start AND queue = :queue AND type = :type AND outcome = :outcome
                   AND error_code > :error_code)
         ORDER BY start, queue, type, outcome, error_code LIMIT :n
    )sql",
                columns::tally},
    .add_audit_entry = {"fleet.add_audit_entry", R"sql(
        INSERT INTO job_audit (id, recorded_at, who, origin, action, target, reason, outcome)
        VALUES (:id, :now, :who, :origin, :action, :target, :reason, :outcome)
            ON DUPLICATE KEY UPDATE who = who
    )sql"},
    // MariaDB sorts the rows of a DELETE unless the order names the whole index.
    .forget_tallies = {"fleet.forget_tallies", R"sql(
        DELETE FROM job_tallies WHERE period = :period AND start < :until
         ORDER BY period, start LIMIT :n
    )sql"},
    .forget_audit_entries = {"fleet.forget_audit_entries", R"sql(
        DELETE FROM job_audit WHERE id < :before ORDER BY id LIMIT :n
    )sql"},
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::mysql
