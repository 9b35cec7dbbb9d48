#pragma once

#include "statements/sql.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

/// What statements return: the text of a SELECT list and the types of its columns.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::columns {

using enum ColumnType;

/// Of read_job().
inline constexpr Column job[] = {{"id", text},
                                 {"type", text},
                                 {"queue", text},
                                 {"owner", text},
                                 {"status", text},
                                 {"progress", number},
                                 {"message", text},
                                 {"input", text},
                                 {"metadata", text},
                                 {"result", text},
                                 {"error", text},
                                 {"attempt_errors", text},
                                 {"attempt", number},
                                 {"max_attempts", number},
                                 {"priority", number},
                                 {"crashes", number},
                                 {"fence", number},
                                 {"revision", number},
                                 {"worker", text},
                                 {"unique_key", text},
                                 {"idempotency_key", text},
                                 {"limit_key", text},
                                 {"timeout", number},
                                 {"retention", number},
                                 {"keep_failed", number, "coalesce(keep_failed, retention)"},
                                 {"created_at", number},
                                 {"updated_at", number},
                                 {"run_at", number, "coalesce(not_before, run_at)"},
                                 {"started_at", number},
                                 {"completed_at", number},
                                 {"failed_at", number},
                                 {"cancelled_at", number},
                                 {"cancel_requested_at", number},
                                 {"lease_expires_at", number},
                                 {"expires_at", number},
                                 {"deadline", number},
                                 {"parents", number},
                                 {"blocked_by", number},
                                 {"on_parent_failure", text},
                                 {"cancel_reason", text},
                                 {"steps", text}};

/// Of read_summary().
inline constexpr Column summary[] = {{"id", text},
                                     {"type", text},
                                     {"queue", text},
                                     {"owner", text},
                                     {"status", text},
                                     {"progress", number},
                                     {"revision", number},
                                     {"created_at", number},
                                     {"run_at", number, "coalesce(not_before, run_at)"},
                                     {"started_at", number},
                                     {"expires_at", number},
                                     {"parents", number},
                                     {"blocked_by", number}};

/// Of PurgedJobs.
inline constexpr Column purged[] = {
    {"id", text},          {"parents", number}, {"owner", text}, {"expires_at", number},
    {"retention", number}, {"fence", number},   {"steps", text}};

/// Of read_claimed().
inline constexpr Column claimed[] = {
    {"id", text},
    {"fence", number},
    {"type", text},
    {"queue", text},
    {"owner", text},
    {"input", text},
    {"metadata", text},
    {"attempt", number},
    {"max_attempts", number},
    {"crashes", number},
    {"timeout", number},
    {"created_at", number},
    {"waited", number, "started_at - coalesce(not_before, run_at)"},
    {"start_within", number, "deadline - started_at"},
    {"steps", text},
    {"lost_ahead", number}};

/// `columns`, with another expression for the one named `name`.
template <std::size_t size>
constexpr std::array<Column, size> with_expression(std::array<Column, size> columns,
                                                   std::string_view name,
                                                   std::string_view expression) {
    std::ranges::find(columns, name, &Column::name)->expression = expression;
    return columns;
}

/// `first`, and then `columns`.
template <std::size_t size>
constexpr std::array<Column, size + 1> after(const Column& first,
                                             const std::array<Column, size>& columns) {
    std::array<Column, size + 1> all{first};
    std::ranges::copy(columns, all.begin() + 1);
    return all;
}

/// Of jobs that are still to be claimed: their leases begin now.
inline constexpr auto claimed_now =
    with_expression(with_expression(std::to_array(claimed), "start_within", "deadline - :now"),
                    "waited", ":now - coalesce(not_before, run_at)");

/// Of ClaimOrder.
inline constexpr auto due = after({"run_at", number}, std::to_array(claimed));
inline constexpr auto due_now = after({"run_at", number}, claimed_now);

/// Of read_job(): JobParts::outcome.
inline constexpr auto outcome =
    with_expression(with_expression(with_expression(std::to_array(job), "input", "'null'"),
                                    "attempt_errors", "NULL"),
                    "steps", "NULL");
/// Of read_job(): JobParts::summary.
inline constexpr auto listed =
    with_expression(with_expression(with_expression(outcome, "metadata", "NULL"), "result", "NULL"),
                    "error", "{error_head}");
/// Of a search.
inline constexpr auto searched = after({"place", number, "run_at"}, listed);
inline constexpr Column place[] = {{"id", text}, {"run_at", number}};

/// Of read_limit().
inline constexpr Column limit[] = {
    {"name", text},     {"queue", text},         {"type", text},
    {"scope", text},    {"concurrency", number}, {"rate", number},
    {"period", number}, {"burst", number},       {"round_robin", number}};

/// Of read_due().
inline constexpr Column limited_due[] = {
    {"id", text},           {"type", text},      {"queue", text},      {"owner", text},
    {"limit_key", text},    {"run_at", number},  {"priority", number}, {"not_before", number},
    {"created_at", number}, {"revision", number}};

inline constexpr Column locked[] = {
    {"id", text},    {"blocked_by", number}, {"on_parent_failure", text},
    {"queue", text}, {"status", text},       {"dependents", number}};

/// Of a job that a user changes.
inline constexpr Column to_change[] = {{"id", text},
                                       {"status", text},
                                       {"unique_key", text},
                                       {"steps", text},
                                       {"fence", number},
                                       {"parents", number},
                                       {"dependents", number},
                                       {"blocked_by", number},
                                       {"due_at", number, "coalesce(not_before, run_at)"}};

inline constexpr Column step[] = {
    {"job", text}, {"number", number}, {"name", text}, {"result", text}};

// Short ones, of which a statement may spell out the expressions.
inline constexpr Column one_text[] = {{"text", text}};
inline constexpr Column one_number[] = {{"number", number}};
inline constexpr Column two_texts[] = {{"first", text}, {"second", text}};
inline constexpr Column three_texts[] = {{"first", text}, {"second", text}, {"third", text}};
inline constexpr Column two_numbers[] = {{"first", number}, {"second", number}};
inline constexpr Column three_numbers[] = {
    {"first", number}, {"second", number}, {"third", number}};
inline constexpr Column name_and_number[] = {{"name", text}, {"number", number}};
inline constexpr Column id_and_created_at[] = {{"id", text}, {"created_at", number}};
inline constexpr Column id_and_status[] = {{"id", text}, {"status", text}};
inline constexpr Column child_and_parent[] = {{"child", text}, {"parent", text}};
inline constexpr Column id_and_cancel_request[] = {{"id", text}, {"cancel_requested_at", number}};
inline constexpr Column held_lease[] = {
    {"id", text}, {"fence", number}, {"cancel_requested_at", number}};
/// Of look_at_piece().
inline constexpr Column piece_of_jobs[] = {
    {"now", number}, {"latest", number}, {"first_waiting", text}};
/// Of sweeps: the time, and when the first of what they look for is due.
inline constexpr Column now_and_oldest[] = {{"now", number}, {"oldest", number}};
inline constexpr Column count_now_and_oldest[] = {
    {"count", number}, {"now", number}, {"oldest", number}};
inline constexpr Column latest_runs[] = {
    {"count", number}, {"now", number}, {"oldest", number}, {"duration", number}};
inline constexpr Column rescued[] = {
    {"id", text}, {"queue", text}, {"status", text}, {"run_at", number}};

// Of limits.
inline constexpr Column bucket[] = {{"bucket", text}, {"next_at", number}, {"due_at", number}};
inline constexpr Column bucket_and_due_at[] = {{"bucket", text}, {"due_at", number}};
inline constexpr Column to_admit[] = {{"job", text},
                                      {"queue", text},
                                      {"queued_at", number},
                                      {"reported", text},
                                      {"job_revision", number},
                                      {"held_revision", number, "{revision_that_waits}"}};
inline constexpr Column waits[] = {
    {"job", text},
    {"bucket", text},
    {"queued_at", number},
    {"reported", text},
    {"holds", number, "CASE WHEN job_revision = {revision_that_waits} THEN 1 ELSE 0 END"}};
inline constexpr Column waiting_for[] = {{"job", text},
                                         {"queue", text},
                                         {"queued_at", number},
                                         {"job_revision", number},
                                         {"held_revision", number, "{revision_that_waits}"}};
/// Of why(): a pending job, and its row of job_waiting.
inline constexpr Column waiting_job[] = {
    {"status", text},
    {"queue", text},
    {"type", text},
    {"run_at", number},
    {"due_at", number, "coalesce(not_before, run_at)"},
    {"blocked_by", number},
    {"bucket", text, "{bucket_it_waits_in}"},
    {"queued_at", number, "(SELECT queued_at FROM job_waiting WHERE job = id)"}};
inline constexpr Column slot[] = {
    {"bucket", text},
    {"job", text},
    {"fence", number},
    {"admitted_at", number},
    {"status", text, "(SELECT status FROM jobs WHERE id = job)"},
    {"job_fence", number, "(SELECT jobs.fence FROM jobs WHERE id = job)"},
    {"run_at", number, "(SELECT run_at FROM jobs WHERE id = job)"}};

// Of workers and of what they did.

/// Of read_worker().
inline constexpr Column worker[] = {{"worker", text},
                                    {"host", text},
                                    {"process", number},
                                    {"version", text},
                                    {"started_at", number},
                                    {"state", text},
                                    {"concurrency", number},
                                    {"running", number},
                                    {"queues", text},
                                    {"types", text},
                                    {"next_within", number},
                                    {"last_heartbeat", number},
                                    {"order_number", number},
                                    {"order_quiet", number},
                                    {"order_concurrency", number},
                                    {"order_expires_at", number}};
inline constexpr Column worker_run[] = {{"run", number},
                                        {"number", number},
                                        {"order_number", number},
                                        {"order_quiet", number},
                                        {"order_concurrency", number},
                                        {"order_expires_at", number}};
/// Of read_tally().
inline constexpr Column tally[] = {
    {"start", number},  {"queue", text}, {"type", text},  {"outcome", text}, {"error_code", text},
    {"total", number},  {"w0", number},  {"w1", number},  {"w2", number},    {"w3", number},
    {"w4", number},     {"w5", number},  {"w6", number},  {"w7", number},    {"w8", number},
    {"w9", number},     {"w10", number}, {"w11", number}, {"w12", number},   {"w13", number},
    {"waited", number}, {"r0", number},  {"r1", number},  {"r2", number},    {"r3", number},
    {"r4", number},     {"r5", number},  {"r6", number},  {"r7", number},    {"r8", number},
    {"r9", number},     {"r10", number}, {"r11", number}, {"r12", number},   {"r13", number},
    {"ran", number}};
inline constexpr Column audit_entry[] = {
    {"id", text},     {"recorded_at", number}, {"who", text},    {"origin", text},
    {"action", text}, {"target", text},        {"reason", text}, {"outcome", text}};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::columns
