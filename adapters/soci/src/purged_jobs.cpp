#include "purged_jobs.hpp"

#include "dependencies.hpp"
#include "job_row.hpp"

#include <asyncjobs/store_helpers.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

JobId PurgedJobs::add(Row row) {
    ++count_;
    JobId id = read_id(row);
    if (row.number() > 0) children_.push_back(id);
    std::string owner = row.take_text();
    if (owner.empty()) return id;
    const auto expires_at = row.time();
    tombstones_.push_back({id, std::move(owner), tombstone_until(expires_at, row.duration())});
    return id;
}

void PurgedJobs::settle_estate(Session& session, const RowStatements& sql) const {
    disconnect(session, sql, children_);
    const auto add = [](JsonRows& rows, const Tombstone& tombstone) {
        rows.add(tombstone.id, tombstone.until, tombstone.owner);
    };
    in_rows(tombstones_, add,
            [&](const std::string& rows) { session.query(sql.bury).change(rows); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
