#include "store/sql_job_store.hpp"

#include "store/times_ahead.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// If the time is known without a query, a clock that was set back is noticed at once.
void SqlJobStore::follow_clock() {
    if (const auto now = dialect_->clock()) clock_.saw(*now, clock_tolerance);
    if (const Duration by = clock_.take_set_back(); by > Duration::zero()) carry_out({.by = by});
}

void SqlJobStore::look_at_clock() {
    const bool keeps_time = dialect_->keeps_time();
    const auto found = transact(Access::reading, [&](Session& session, CallTime now) {
        return read_clock(session, keeps_time, now);
    });
    clock_.saw(found.now, StoreClock::tolerance); // the next may come from another server
    follow_clock();
    const auto [task, writes] = clock_.look(found, steady_now());
    if (writes) { // before leases are moved back, so that their holders learn the reason
        transact(Access::writing, [&](Session& session, CallTime now) {
            keep_time(session, now);
            return true;
        });
        clock_.wrote(found.now);
    }
    if (task) carry_out(*task);
}

void SqlJobStore::carry_out(const StoreClock::Task& task) {
    const auto began = steady_now();
    try {
        const Duration by = move_times_back(task);
        clock_.moved_back(task, by, began, steady_now());
    } catch (...) {
        clock_.give_back(task.by);
        throw;
    }
    for (SweepWatermarks* watermarks :
         {&lease_watermarks_, &advance_watermarks_, &finished_watermarks_})
        watermarks->forget();
    for (CountWatermarks* watermarks :
         {&waiting_watermarks_, &processing_watermarks_, &run_watermarks_})
        watermarks->forget();
    dialect_->forget_watermarks();
}

/// In pieces, as all jobs may be affected. Returns by how much the times were moved.
Duration SqlJobStore::move_times_back(const StoreClock::Task& task) {
    std::vector<PieceOfJobs> affected;
    std::optional<Duration> furthest;
    for (PieceOfJobs piece; !piece.is_end;) {
        piece = transact(Access::reading, [&, after = piece.last](Session& session, CallTime now) {
            return look_at_piece(session, after, now);
        });
        piece.has_waiting &= task.with_leases;
        furthest = std::max(piece.ahead, furthest);
        if (piece.ahead || piece.has_waiting) affected.push_back(piece);
    }
    const Duration by = furthest.value_or(task.by);
    for (const PieceOfJobs& piece : affected)
        transact(Access::writing, [&](Session& session, CallTime now) {
            if (piece.ahead) move_back(session, piece, by, task.with_leases, now);
            if (piece.has_waiting) end_waits(session, piece, now);
            return true;
        });
    if (task.with_leases)
        transact(Access::writing, [&](Session& session, CallTime now) {
            shorten_leases(session, now);
            return true;
        });
    return by;
}

/// The time of the slowest clock, which decides when leases and retention end.
CallTime SqlJobStore::sweep_time(CallTime now) {
    if (now) *now -= clock_.others_behind(steady_now());
    return now;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
