#pragma once

#include <asyncjobs/detail/memory_fleet.hpp>
#include <asyncjobs/store/operator_helpers.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE WorkerOrders MemoryFleet::heartbeat(const WorkerHeartbeat& heartbeat,
                                                     Timestamp now) {
    Worker& worker = workers_[heartbeat.report.worker];
    auto& pending = worker.record.pending;
    if (worker.run != heartbeat.run || worker.number < heartbeat.number) {
        worker.record.report = heartbeat.report;
        worker.record.last_heartbeat = now;
        worker.run = heartbeat.run;
        worker.number = heartbeat.number;
        if (worker.order_number <= heartbeat.obeyed) {
            worker.order_number = heartbeat.obeyed;
            pending.reset();
        }
        for (const Tally& tally : heartbeat.tallies) add(tally);
    }
    if (!pending || pending->expires_at <= now || worker.order_number <= heartbeat.obeyed)
        return {};
    return {.number = worker.order_number, .order = pending->order};
}

ASYNCJOBS_INLINE void MemoryFleet::add(const Tally& minute) {
    for (const TallyPeriod period : tally_periods) {
        TallyKey key = minute.key;
        key.start = start_of(period, key.start);
        Tally& tally = tallies_[static_cast<std::size_t>(period)][key];
        tally.key = std::move(key);
        tally.add(minute);
    }
}

ASYNCJOBS_INLINE WorkerPage MemoryFleet::workers(std::string_view after, std::size_t limit,
                                                 Timestamp now) const {
    WorkerPage page{.now = now};
    auto next = workers_.upper_bound(after);
    for (; next != workers_.end() && page.workers.size() < limit; ++next) {
        WorkerRecord& record = page.workers.emplace_back(next->second.record);
        if (record.pending && record.pending->expires_at <= now) record.pending.reset();
    }
    if (next != workers_.end()) page.next = page.workers.back().report.worker;
    return page;
}

ASYNCJOBS_INLINE bool MemoryFleet::order(std::string_view name, const WorkerOrder& order,
                                         Duration valid_for, Timestamp now) {
    const auto found = workers_.find(name);
    if (found == workers_.end() || !takes_orders(found->second.record, now)) return false;
    Worker& worker = found->second;
    auto& pending = worker.record.pending;
    const bool is_open = pending && pending->expires_at > now;
    const WorkerOrder earlier = is_open ? pending->order : WorkerOrder{};
    pending = {.order = merged(earlier, order), .expires_at = now + valid_for};
    ++worker.order_number;
    return true;
}

ASYNCJOBS_INLINE HistoryPage MemoryFleet::history(const HistoryQuery& query) const {
    const auto& tallies = tallies_[static_cast<std::size_t>(query.period)];
    HistoryPage page;
    auto next = tallies.lower_bound({.start = query.since});
    if (query.after && query.after->start >= query.since) next = tallies.upper_bound(*query.after);
    const TallyKey* last = nullptr;
    for (std::size_t looks = 0; next != tallies.end() && next->first.start < query.until; ++next) {
        if (looks++ == query.limit) {
            page.next = *last;
            break;
        }
        last = &next->first;
        if (matches(next->first, query)) page.tallies.push_back(next->second);
    }
    return page;
}

ASYNCJOBS_INLINE void MemoryFleet::record(AuditEntry entry, Timestamp now) {
    entry.at = now;
    audit_.try_emplace(entry.id, std::move(entry));
}

ASYNCJOBS_INLINE AuditPage MemoryFleet::audit(const AuditQuery& query) const {
    AuditPage page;
    auto next = query.before ? audit_.upper_bound(*query.before) : audit_.begin();
    for (; next != audit_.end() && page.entries.size() < query.limit; ++next)
        page.entries.push_back(next->second);
    if (next != audit_.end()) page.next = page.entries.back().id;
    return page;
}

ASYNCJOBS_INLINE std::size_t MemoryFleet::purge(std::size_t limit, Timestamp now) {
    std::size_t purged = purge_workers(limit, now);
    purged += purge_tallies(limit - purged, now);
    return purged + purge_audit(limit - purged, now);
}

ASYNCJOBS_INLINE std::size_t MemoryFleet::purge_workers(std::size_t limit, Timestamp now) {
    return std::erase_if(workers_, [&, left = limit](const auto& entry) mutable {
        if (left == 0 || !is_worker_expired(entry.second.record.last_heartbeat, now)) return false;
        --left;
        return true;
    });
}

ASYNCJOBS_INLINE std::size_t MemoryFleet::purge_tallies(std::size_t limit, Timestamp now) {
    std::size_t purged = 0;
    for (const TallyPeriod period : tally_periods) {
        auto& tallies = tallies_[static_cast<std::size_t>(period)];
        while (purged < limit && !tallies.empty() &&
               tallies.begin()->first.start < now - kept_for(period)) {
            tallies.erase(tallies.begin());
            ++purged;
        }
    }
    return purged;
}

ASYNCJOBS_INLINE std::size_t MemoryFleet::purge_audit(std::size_t limit, Timestamp now) {
    const JobId kept = JobId::make(now - AuditQuery::kept_for, 0, 0);
    std::size_t purged = 0;
    for (; purged < limit && !audit_.empty() && audit_.rbegin()->first < kept; ++purged)
        audit_.erase(std::prev(audit_.end()));
    return purged;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
