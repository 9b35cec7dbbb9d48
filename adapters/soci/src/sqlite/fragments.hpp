#pragma once

#include "statements/sql.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite {

/// SQLite's words in statements.
inline constexpr Fragment fragments[] = {

    {"least", "min"},
    {"greatest", "max"},
    {"step", "60000000"},
    {"step_parameter", ":step"},
    {"for_update", ""},
    {"skip_locked", ""},

    // See RowStatements.
    {"batch", R"sql(
        WITH batch AS (SELECT value ->> 0 AS new_id, CAST(value ->> 1 AS {2}) AS {1},
                              value ->> 2 AS new_text
                         FROM json_each(:rows)))sql"},
    {"is_among", "{1} IN (SELECT {2} FROM batch)"},
    {"are_these", "id IN (SELECT value ->> 0 FROM json_each(:these))"},
    {"matches", "id = new_id"},
    {"waiting_matches", "job = new_id"},
    {"waiting_is_among", "{is_among job new_id}"},
    {"stopped", R"sql(
        WITH RECURSIVE stopped (job, by_job) AS (
            SELECT value ->> 0, NULL FROM json_each(:rows)
             UNION
            SELECT jobs.id, stopped.job FROM stopped
             CROSS JOIN job_dependencies ON parent = stopped.job AND is_open = 1
             CROSS JOIN jobs ON jobs.id = child AND status || '' = 'pending'
                                AND {can_be_stopped})
        SELECT job, by_job FROM stopped WHERE by_job IS NOT NULL LIMIT :n)sql"},

    {"error_head", R"sql(
        CASE instr(error, ',"details":') WHEN 0 THEN error
             ELSE substr(error, 1, instr(error, ',"details":')) || '"details":null}' END)sql"},

    {"is_leased", "id = :id AND fence = :fence AND status = 'processing'"},

    // What every end but `complete` writes. A percentage of -1: none was reported.
    {"ends", R"sql(
        progress = max(progress, :percent),
        message = CASE WHEN :percent >= progress THEN :message ELSE message END,
        updated_at = :now, revision = revision + 1, lease_expires_at = NULL)sql"},
    {"is_news", ":percent > progress OR (:percent = progress AND :message <> message)"},

    // attempt_errors with that of the current attempt, {1}: see attempt_entry().
    {"errors_with_entry", R"sql(
        coalesce(substr(attempt_errors, 1, length(attempt_errors) - 1) || ',', '[')
        || '{"attempt":' || attempt || ',"at":' || :now || ',"worker":' || json_quote(worker)
        || ',' || {1} || '}]')sql"},

    // See FleetStatements.
    {"tallies", "json_each(:rows)"},
    {"given", "value ->> {2} AS {1}"},
    {"given_text", "value ->> {2} AS {1}"},
    {"added", "{1} = job_tallies.{1} + excluded.{1}"},
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::sqlite
