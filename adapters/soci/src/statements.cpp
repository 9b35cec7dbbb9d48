#include "statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

namespace {

std::string with_error(std::string columns, std::string_view error) {
    return columns.replace(columns.find('@'), 1, error);
}

std::string columns_of(JobParts parts, const PageWords& words) {
    switch (parts) {
    case JobParts::all:
        break;
    case JobParts::outcome:
        return ASYNCJOBS_JOB_COLUMNS_OF("'null'", "metadata", "result", "error", "NULL", "NULL");
    case JobParts::summary:
        return with_error(ASYNCJOBS_JOB_COLUMNS_OF("'null'", "NULL", "NULL", "@", "NULL", "NULL"),
                          words.error_head);
    }
    return ASYNCJOBS_JOB_COLUMNS;
}

} // namespace

std::string list_statement(const JobQuery& query, const PageWords& words) {
    std::string sql = "SELECT " + columns_of(query.parts, words) + " FROM ";
    sql += words.jobs;
    const char* joint = " WHERE ";
    const std::string unindexed(words.unindexed), status(words.status), stopped(words.stopped);
    const auto restrict_to = [&](bool wanted, std::string_view condition) {
        if (!wanted) return;
        sql += joint;
        sql += condition;
        joint = " AND ";
    };
    // Spelt out where a partial index can then be used.
    restrict_to(query.owner.has_value(), "owner = :owner");
    restrict_to(query.owner && !query.owner->empty(), "owner <> ''");
    restrict_to(query.queue.has_value(), unindexed + "queue = :queue");
    restrict_to(query.type.has_value(), unindexed + "type = :type");
    restrict_to(!query.library_jobs, "substr(type, 1, 10) <> 'asyncjobs.'");
    restrict_to(query.idempotency_key.has_value(), "idempotency_key = :idempotency_key");
    restrict_to(query.status == JobStatus::failed, stopped + " = 'failed'");
    restrict_to(query.status == JobStatus::cancelled, stopped + " = 'cancelled'");
    restrict_to(query.status == JobStatus::pending, status + " = 'pending'");
    restrict_to(query.status == JobStatus::processing, status + " = 'processing'");
    restrict_to(query.status == JobStatus::completed, status + " = 'completed'");
    restrict_to(query.needed_by.has_value(), std::string(words.is_parent));
    restrict_to(query.before.has_value(), "id < :before");
    // One job at most holds a key. PostgreSQL, which is told not to sort, may walk the whole table
    // for an order.
    if (!query.idempotency_key) sql += " ORDER BY id DESC";
    return sql + " LIMIT :n";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
