#include "mysql/batch.hpp"
#include "mysql/dialect.hpp"
#include "mysql/slots.hpp"
#include "mysql/statements.hpp"
#include "store/job_row.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Looks at twice as many due jobs as are wanted, and so many more: other transactions may have
/// locked the first of them.
constexpr std::size_t most_locked = 100;

} // namespace

// If a queue had too few jobs the last time, all of its ranges are searched together.
std::vector<LimitCandidate> MysqlDialect::find_due(Session& session,
                                                   std::span<const std::string> queues,
                                                   std::size_t limit, Timestamp now) const {
    std::vector<LimitCandidate> found;
    for (const std::string& queue : queues) {
        if (found.size() >= limit) break;
        const auto began = steady_now();
        const auto search = watermarks_.begin(queue, began);
        const bool looks_at_once = !filled_.contains(queue);
        ClaimWatermarks::Findings findings{.now = now};
        Timestamp look_began;
        const auto read = [&](Row row) {
            const LimitCandidate& job = found.emplace_back(read_due(row));
            findings.oldest = std::min(findings.oldest.value_or(job.queued_at), job.queued_at);
        };
        for (const DueRange& range : search.ranges) {
            if (found.size() >= limit) break;
            const auto missing = limit - found.size();
            const Slots slots = slots_of(range, now);
            const bool is_measured = search.is_looked_at_in(range);
            if (is_measured)
                session.query(mysql::sql.now).add([&](Row row) { look_began = row.time(); });
            session.query(mysql::sql.find_limited)
                .add(read, queue, slots.condition, range.from, range.to, now,
                     2 * missing + most_locked, missing);
            if (is_measured)
                session.query(mysql::sql.now).add([&](Row row) {
                    findings.look_took = row.time() - look_began;
                });
            if (!looks_at_once) session.run_added();
        }
        session.run_added();
        findings.is_filled = found.size() >= limit;
        findings.has_looked_below = looks_at_once;
        watermarks_.end(queue, search, findings, began, steady_now());
        filled_.set(queue, findings.is_filled);
    }
    found.resize(std::min(found.size(), limit));
    return found;
}

/// A cluster commits only one of two nodes' transactions that change the same row, while row locks
/// are local to a node.
void MysqlDialect::mark_limits(Session& session, const std::string& queues) const {
    if (MysqlSession::of(session).is_of_cluster)
        session.query(mysql::sql.mark_limits).add_change(queues);
}

std::vector<ClaimedJob> MysqlDialect::take(Session& session, std::span<const LimitCandidate> jobs,
                                           const ClaimRequest& request, Timestamp now) const {
    std::vector<ClaimedJob> taken;
    std::int64_t used = 0;
    in_rows(jobs, add_revision, [&](const std::string& rows) {
        session.query(mysql::sql.to_take)
            .add([&](Row row) { taken.push_back(read_claimed(row)); }, now, rows);
    });
    session.query(shared::sql.used_fence).add([&](Row row) { used = row.number(); });
    session.run_added();
    std::vector<JobId> ids;
    for (ClaimedJob& job : taken) {
        become_taken(job, used);
        ids.push_back(job.lease.id);
    }
    std::ranges::sort(ids);
    in_lists(ids, [&](const Expression& these) {
        session.query(mysql::sql.take)
            .add_change(used, request.worker, now, request.lease_for, request.ahead ? 1 : 0, these);
    });
    return taken;
}

std::optional<Duration>
MysqlDialect::next_due(Session& session, std::span<const std::string> queues, Timestamp now) const {
    return next_due_in(session, mysql::sql.next_due_in, queues, now);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
