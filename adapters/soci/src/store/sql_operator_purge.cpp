#include "store/sql_operator_store.hpp"

#include "statements/statements.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/operator_helpers.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What one purge finds, and deletes.
class SqlJobStore::Operators::Purge {
public:
    Purge(const FleetStatements& sql, std::size_t limit) : sql_(sql), limit_(limit) {}

    /// Looks at the workers after `after`; returns the last of them, empty if these were all.
    std::string look(Session& session, CallTime call, const std::string& after) {
        const Timestamp now = time_of(session, call);
        workers_.clear(); // of an earlier try
        tallies_before_.clear();
        workers_before_ = now - WorkerRecord::kept_for;
        entries_before_ = JobId::make(now - AuditQuery::kept_for, 0, 0);
        for (const TallyPeriod period : tally_periods) {
            const Timestamp before = now - kept_for(period);
            if (session.query(sql_.past_tally).for_first([](Row) {}, to_string(period), before))
                tallies_before_.emplace_back(period, before);
        }
        has_entries_ = session.query(sql_.past_audit_entry).for_first([](Row) {}, entries_before_);
        return look_at_workers(session, after);
    }

    bool has_found_any() const {
        return !workers_.empty() || !tallies_before_.empty() || has_entries_;
    }

    std::size_t run(Session& session) const {
        std::size_t purged = 0;
        for (const std::string& worker : workers_)
            purged += session.query(sql_.forget_worker).change(worker, workers_before_);
        for (const auto& [period, before] : tallies_before_)
            if (purged < limit_)
                purged += session.query(sql_.forget_tallies)
                              .change(to_string(period), before, limit_ - purged);
        if (has_entries_ && purged < limit_)
            purged +=
                session.query(sql_.forget_audit_entries).change(entries_before_, limit_ - purged);
        return purged;
    }

private:
    std::string look_at_workers(Session& session, const std::string& after) {
        std::size_t looks = 0;
        std::string last;
        session.query(sql_.last_heartbeats)
            .for_each(
                [&](Row row) {
                    last = row.take_text();
                    if (row.time() < workers_before_) workers_.push_back(last);
                    ++looks;
                },
                after, limit_);
        return looks == limit_ ? last : std::string();
    }

    const FleetStatements& sql_;
    const std::size_t limit_;
    Timestamp workers_before_ = {};
    JobId entries_before_ = {};
    std::vector<std::string> workers_ = {};
    std::vector<std::pair<TallyPeriod, Timestamp>> tallies_before_ = {};
    bool has_entries_ = false;
};

std::size_t SqlJobStore::Operators::purge(std::size_t limit) {
    check_limit(limit);
    if (limit == 0) return 0;
    std::string after;
    {
        const std::lock_guard lock(mutex_);
        after = walked_to_;
    }
    Purge purge(sql().fleet, limit);
    auto last = store_.transact(Access::reading, [&](Session& session, CallTime call) {
        return purge.look(session, call, after);
    });
    {
        const std::lock_guard lock(mutex_);
        walked_to_ = std::move(last);
    }
    if (!purge.has_found_any()) return 0;
    return store_.transact(Access::writing,
                           [&](Session& session, CallTime) { return purge.run(session); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
