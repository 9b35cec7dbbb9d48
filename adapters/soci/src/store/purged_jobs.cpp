#include "store/purged_jobs.hpp"

#include "db/row_of.hpp"
#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Reads first, so that only a transaction that must change the row locks it.
void raise_fences(Session& session, std::int64_t used) {
    std::int64_t known = 0;
    session.query(shared::sql.used_fence).for_first([&](Row row) { known = row.number(); });
    if (known < used) session.query(shared::sql.use_fence).change(used);
}

JobId PurgedJobs::add(Row cells) {
    RowOf<columns::purged> row(cells);
    ++count_;
    const JobId id = read_id(cells);
    if (row.number("parents") > 0) children_.push_back(id);
    highest_fence_ = std::max(highest_fence_, row.number("fence"));
    if (row.optional_text("steps")) with_steps_.push_back(id);
    if (std::string owner = row.take_text("owner"); !owner.empty())
        tombstones_.push_back({id, std::move(owner),
                               tombstone_until(row.time("expires_at"), row.duration("retention"))});
    return id;
}

void PurgedJobs::delete_dependencies(Session& session, const RowStatements& sql) const {
    disconnect(session, sql, children_);
    forget_steps(session, sql, with_steps_);
    if (count_ > 0) raise_fences(session, highest_fence_);
    const auto add = [](JsonRows& rows, const Tombstone& tombstone) {
        rows.add(tombstone.id, tombstone.until, tombstone.owner);
    };
    in_rows(tombstones_, add,
            [&](const std::string& rows) { session.query(sql.write_tombstone).change(rows); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
