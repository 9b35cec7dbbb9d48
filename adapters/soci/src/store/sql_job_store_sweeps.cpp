#include "store/sql_job_store.hpp"

#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/limit_table.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Runs a statement that returns the time and the oldest due entry.
SweepFindings find_due(Query& query, CallTime now, const auto&... of_what) {
    SweepFindings findings;
    query.for_first(
        [&](Row row) {
            findings.now = row.time();
            findings.oldest = row.optional_time();
        },
        now, of_what...);
    return findings;
}

} // namespace

/// Returns where a sweep begins: `find(session, now, watermark)` runs its statement.
Timestamp SqlJobStore::sweep_from(SweepWatermarks& watermarks, std::string_view of,
                                  const auto& find) {
    const auto look = [&](const DueRange& below) {
        return transact(Access::reading, [&](Session& session, CallTime) {
            return find(session, CallTime(below.to - Duration{1}), below.from).oldest;
        });
    };
    return watermarks.begin(of, look, steady_now);
}

/// As sweep_from(); empty if nothing is due.
std::optional<Timestamp> SqlJobStore::find_to_sweep(SweepWatermarks& watermarks,
                                                    std::string_view of, const auto& find) {
    const Timestamp watermark = sweep_from(watermarks, of, find);
    const auto found = transact(Access::reading, [&](Session& session, CallTime now) {
        return find(session, sweep_time(now), watermark);
    });
    watermarks.end(of, found.watermark(), steady_now());
    return found.oldest ? std::optional(watermark) : std::nullopt;
}

std::vector<Rescued> SqlJobStore::rescue(std::size_t limit, int crash_limit) {
    check_rescue(limit, crash_limit);
    look_at_clock();
    const auto find = [&](Session& session, CallTime now, Timestamp watermark) {
        return find_due(session.query(dialect_->store_statements().expired_lease), now, watermark);
    };
    const auto watermark = find_to_sweep(lease_watermarks_, all_leases, find);
    if (!watermark) return {};
    auto rescued = transact(Access::batch, [&](Session& session, CallTime now) {
        return dialect_->rescue(session, *watermark, limit, crash_limit, sweep_time(now));
    });
    std::vector<JobId> finished;
    for (const Rescued& one : rescued)
        if (is_finished(one.status)) finished.push_back(one.id);
    finished_parents_.add(finished);
    if (finished.size() < rescued.size()) waiting_watermarks_.recount();
    return rescued;
}

std::vector<Promoted> SqlJobStore::promote(std::size_t limit) {
    check_limit(limit);
    for (;;) {
        bool were_any_known = false;
        auto unblocked = finished_parents_.take(limit, [&](std::span<JobId> known) {
            were_any_known = !known.empty();
            std::ranges::sort(known); // the order in which they are locked
            return promote(known, limit);
        });
        // Callers stop at an empty result, so continue while other parents may be left.
        if (!unblocked.empty() || !were_any_known) return unblocked;
    }
}

std::vector<Promoted> SqlJobStore::promote(std::span<const JobId> known, std::size_t limit) {
    const RowStatements& sql = dialect_->row_statements();
    const auto find = [&](Session& session, CallTime now, Timestamp watermark) {
        return find_due(session.query(dialect_->store_statements().to_advance), now, watermark);
    };
    const Timestamp watermark = sweep_from(advance_watermarks_, all_leases, find);
    const bool looks = known.empty() && finished_pauses_.may_look(steady_now());
    bool is_any = false;
    const auto due = transact(Access::reading, [&](Session& session, CallTime now) {
        const auto found = find(session, now, watermark);
        const auto look_began = steady_now();
        is_any = looks && session.query(sql.any_finished).for_first([](Row) {});
        if (looks) finished_pauses_.looked(look_began, steady_now());
        return found;
    });
    advance_watermarks_.end(all_leases, due.watermark(), steady_now());
    if (known.empty() && !is_any && !due.oldest) return {};
    std::vector<JobId> left;
    std::size_t advanced = 0;
    auto unblocked = transact(Access::writing, [&](Session& session, CallTime now) {
        left.clear();
        auto result = soci_adapter::promote(session, sql, known, is_any, limit, now, left);
        advanced = due.oldest ? dialect_->advance(session, watermark, limit, now) : 0;
        return result;
    });
    finished_parents_.add(left);
    if (advanced > 0) waiting_watermarks_.recount();
    return unblocked;
}

std::vector<std::string> SqlJobStore::finished_types(Session& session) {
    std::vector<std::string> types;
    std::string type;
    const auto take_type = [&](Row row) { type = row.take_text(); };
    while (session.query(dialect_->store_statements().next_type).for_first(take_type, type))
        types.push_back(type);
    return types;
}

std::size_t SqlJobStore::purge(std::size_t limit) {
    check_limit(limit);
    transactions_.trim_log();
    const auto began = steady_now();
    if (limited_queues_.were_claimed_from())
        limited_queues_.set_swept_to(transact(Access::writing, [&](Session& session, CallTime now) {
            return forget_idle_buckets(session, *dialect_, limited_queues_.swept_to(), now);
        }));
    if (finished_watermarks_.may_miss_names(began)) {
        auto types = transact(Access::reading,
                              [&](Session& session, CallTime) { return finished_types(session); });
        finished_watermarks_.set_names(std::move(types), began, steady_now());
    }
    const auto tombstones_from = find_to_sweep(
        finished_watermarks_, tombstones, [&](Session& session, CallTime now, Timestamp watermark) {
            return find_due(session.query(dialect_->store_statements().past_tombstone), now,
                            watermark);
        });
    std::map<std::string, Timestamp> due;
    for (const std::string& type : finished_watermarks_.names()) {
        const auto from = find_to_sweep(
            finished_watermarks_, type, [&](Session& session, CallTime now, Timestamp watermark) {
                return find_due(session.query(dialect_->store_statements().expired_job), now, type,
                                watermark);
            });
        if (from) due.emplace(type, *from);
    }
    if (due.empty() && !tombstones_from) return 0;
    return transact(Access::writing, [&](Session& session, CallTime call_time) {
        const CallTime now = sweep_time(call_time);
        if (tombstones_from)
            session.query(dialect_->store_statements().forget_tombstones)
                .change(*tombstones_from, now, limit);
        std::size_t purged = 0;
        for (const auto& [type, watermark] : due)
            if (purged < limit)
                purged += dialect_->purge(session, type, watermark, limit - purged, now);
        return purged;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
