#include "statements/statements.hpp"

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

namespace {

using JobColumns = std::array<Column, std::size(columns::job)>;

void replace(JobColumns& all, std::string_view name, std::string_view expression) {
    std::ranges::find(all, name, &Column::name)->expression = expression;
}

JobColumns columns_of(JobParts parts, const PageWords& words) {
    auto all = std::to_array(columns::job);
    if (parts == JobParts::all) return all;
    replace(all, "input", "'null'");
    replace(all, "attempt_errors", "NULL");
    replace(all, "steps", "NULL");
    if (parts == JobParts::outcome) return all;
    replace(all, "metadata", "NULL");
    replace(all, "result", "NULL");
    replace(all, "error", words.error_head);
    return all;
}

} // namespace

std::string list_statement(const JobQuery& query, const PageWords& words) {
    std::string sql = "SELECT " + select_list(columns_of(query.parts, words)) + " FROM ";
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
    // One job at most holds a key. PostgreSQL, whose sorts are off, may scan the whole table
    // for an order.
    if (!query.idempotency_key) sql += " ORDER BY id DESC";
    return sql + " LIMIT :n";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
