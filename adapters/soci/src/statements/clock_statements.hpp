#pragma once

#include "statements/columns.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared {

/// Statements about a clock that is set back, the same in all dialects: see times_ahead.hpp.
struct ClockStatements {
    Sql newest_change = {"newest_change", R"sql(
        SELECT :now, (SELECT updated_at FROM jobs ORDER BY id DESC LIMIT 1)
    )sql",
                         columns::now_and_oldest};

    // Pieces of a thousand jobs, by id.

    Sql last_of_piece = {"last_of_piece", R"sql(
        SELECT id FROM jobs WHERE id > :after ORDER BY id LIMIT 1 OFFSET 999
    )sql",
                         columns::one_text};
    Sql look_at_piece = {"look_at_piece", R"sql(
        SELECT :now, (SELECT max(updated_at) FROM jobs
                       WHERE id > :after AND id <= :last AND updated_at > :now),
               (SELECT job FROM job_waiting
                 WHERE job > :after AND job <= :last ORDER BY job LIMIT 1)
    )sql",
                         columns::piece_of_jobs};

    /// `updated_at` comes last: MySQL sees what the statement has assigned to the row before.
    Sql move_all_back = {"move_all_back", R"sql(
        UPDATE jobs
           SET {moved_back run_at}, {moved_back not_before}, {moved_back deadline},
               expires_at = expires_at - :by, updated_at = updated_at - :by
         WHERE id > :after AND id <= :last AND updated_at > :now
    )sql"};
    Sql move_unleased_back = {"move_unleased_back", R"sql(
        UPDATE jobs
           SET {moved_back run_at}, {moved_back not_before}, {moved_back deadline},
               expires_at = expires_at - :by, updated_at = updated_at - :by
         WHERE id > :after AND id <= :last AND updated_at > :now AND status <> 'processing'
    )sql"};

    /// The places of throttled jobs.
    Sql move_waiting_back = {"move_waiting_back", R"sql(
        UPDATE job_waiting SET queued_at = queued_at - :by
         WHERE job > :after AND job <= :last AND queued_at > :now
    )sql"};

    /// Throttled jobs that wait for a time, until a claim looks at them again.
    Sql end_waits = {"end_waits", R"sql(
        UPDATE jobs SET not_before = coalesce(not_before, run_at), run_at = :now
         WHERE id > :after AND id <= :last
           AND nullif(status, '') = 'pending' AND run_at > :now AND run_at < :never
           AND revision = (SELECT job_revision FROM job_waiting
                            WHERE job = id AND job_created_at = created_at)
    )sql"};

    /// The range is for the index. In it, `lease_for` decides, which is the same in each process
    /// that runs this, and however often.
    Sql shorten = {"shorten", R"sql(
        UPDATE jobs SET lease_expires_at = :now + lease_for
         WHERE status = 'processing' AND lease_expires_at > :now
           AND lease_expires_at > :now + lease_for
    )sql"};
};

/// Statements about job_clock, which only dialects with Dialect::keeps_time() have.
struct KeptClockStatements {
    Sql kept_time = {"kept_time", "SELECT latest FROM job_clock WHERE id = 1", columns::one_number};
    Sql write_time = {"write_time", R"sql(
        UPDATE job_clock SET latest = :now
         WHERE id = 1 AND (latest < :now OR latest > :now + :tolerance)
    )sql"};
};
inline constexpr KeptClockStatements kept_clock{};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::shared
