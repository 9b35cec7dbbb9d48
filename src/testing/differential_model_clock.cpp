#include "differential_model.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

/// Returns by how much the store has moved back times; empty if none shows it.
std::optional<Duration> Model::followed_by(const Read& read, Timestamp now) const {
    for (const auto& [id, other] : entries_) {
        if (other.job.updated_at <= now) continue;
        const auto found = read(id);
        if (!found) fail("expected " + show(id) + " to exist");
        return other.job.updated_at - found->updated_at;
    }
    return std::nullopt;
}

bool Model::clock_was_set_back(Timestamp before, const SetBack& back, const Read& read,
                               Timestamp now) {
    was_set_back_ = true;
    const auto by = followed_by(read, now);
    // If no time shows it, no time is to be moved, but leases may be shortened.
    const bool follows = by ? *by != Duration::zero() : back.least > clock_tolerance;
    // A store may know no other times than those of its jobs' changes.
    Duration least = Duration::zero();
    for (const auto& [id, other] : entries_) least = std::max(least, other.job.updated_at - now);
    if (!follows) expect(least <= clock_tolerance, "times to be moved back with the clock");
    for (auto& [id, other] : entries_)
        if (other.job.run_at <= before) other.was_due = other.job.run_at;
    if (follows) {
        const Duration moved = by.value_or(back.most);
        if (moved < least || moved > back.most)
            fail(fmt::format("times moved back with the clock: expected by {} to {} us, found {}",
                             least.count(), back.most.count(), moved.count()));
        follow_clock(moved, now);
    }
    for (auto& [id, other] : entries_) {
        if (other.passed_on) other.passed_on = std::min(*other.passed_on, now);
    }
    forget_starts(before, now);
    return follows;
}

/// Of starts that do not count any more: later ones than now, and those of buckets that were idle,
/// which a store may have forgotten.
void Model::forget_starts(Timestamp before, Timestamp now) {
    const auto all = all_limits();
    const LimitsOfClaim limits(all, {}, {});
    for (auto& [bucket, starts] : starts_) {
        const Limit* limit = limits.limit_of(bucket);
        if (limit && starts.last + burst_time(*limit) < before) starts.all.clear();
        std::erase_if(starts.all, [&](Timestamp start) { return start > now; });
    }
}

void Model::follow_clock(Duration by, Timestamp now) {
    for (auto& [id, other] : entries_) {
        const bool was_due = other.was_due == other.job.run_at;
        asyncjobs::follow_clock(other.job, other.job.lease_for, by, now);
        if (was_due) other.was_due = other.job.run_at;
    }
    for (auto& [id, tombstone] : tombstones_) tombstone.earliest_end -= by;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
