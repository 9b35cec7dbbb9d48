#include "differential_model.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// How long a job that a worker's own limit kept from starting waits for that worker.
constexpr Duration tries_elsewhere = std::chrono::seconds{15};

} // namespace

Duration interval_of(const Limit& limit) {
    const auto rate = static_cast<Duration::rep>(limit.rate);
    return (limit.period + Duration{rate - 1}) / rate;
}

Duration burst_time(const Limit& limit) {
    return static_cast<Duration::rep>(limit.burst) * interval_of(limit);
}

/// What waits for its turn is put so much behind what is due now, or less.
Duration Model::behind_the_queue() const {
    return was_set_back_ ? clock_tolerance : std::chrono::milliseconds{1};
}

struct Model::Claim {
    const ClaimRequest& request;
    Timestamp now;
    std::vector<Limit> of_all;
    LimitsOfClaim limits{of_all, request.limits, request.worker};

    bool serves(const std::string& queue) const {
        return std::ranges::find(request.queues, queue) != request.queues.end();
    }
    std::ptrdiff_t rank(const std::string& queue) const {
        return std::ranges::find(request.queues, queue) - request.queues.begin();
    }
};

void Model::exchange(std::span<const Settlement> settlements, const ClaimRequest& request,
                     const Exchange* found, Timestamp now) {
    settle(settlements, found, now);
    if (found) check_claims(*found, request, now);
}

void Model::check_claims(const Exchange& found, const ClaimRequest& request, Timestamp now) {
    const Claim claim{request, now, all_limits()};
    has_had_limits_ |= !request.limits.empty();
    expect(found.claimed.size() <= request.limit, "no more jobs than were asked for");
    std::set<JobId> seen;
    for (const ClaimedJob& one : found.claimed) {
        expect(seen.insert(one.lease.id).second, "no job to be claimed twice");
        check_claimable(one, claim);
    }
    check_order(found.claimed, claim);
    for (const ClaimedJob& one : found.claimed) take(*entry(one.lease.id), one, claim);
    check_limits(found.claimed, claim);
    if (found.claimed.size() < request.limit) {
        check_passed_over(found, claim);
        check_next_due(found, claim);
    }
    check_reports(found, claim);
    if (found.claimed.size() < request.limit && found.next_due_in != Duration::zero())
        begin_waits(claim);
}

void Model::claimed_unseen(const ClaimRequest& request, const std::vector<ClaimedJob>& held,
                           Timestamp now) {
    const Claim claim{request, now, all_limits()};
    has_had_limits_ |= !request.limits.empty();
    std::vector<ClaimedJob> claimed;
    for (const ClaimedJob& one : held) {
        const Entry* known = entry(one.lease.id);
        expect(known != nullptr, "a job under lease to exist: " + show(one.lease.id));
        if (!transitions::is_held(known->job, one.lease)) claimed.push_back(one);
    }
    expect(claimed.size() <= request.limit, "no more jobs than were asked for");
    for (const ClaimedJob& one : claimed) check_claimable(one, claim);
    for (const ClaimedJob& one : claimed) take(*entry(one.lease.id), one, claim);
    check_limits(claimed, claim);
    for (auto& [id, other] : entries_)
        if (is_due(other, now + behind_the_queue()) && !limits_on(other.job, claim).empty()) {
            other.may_be_reported = other.may_have_waited = true;
            other.passed_on = now;
        }
    Exchange found;
    found.claimed = claimed;
    if (has_had_limits_) found.next_due_in = Duration::zero(); // for all that is known
    if (claimed.size() < request.limit) check_passed_over(found, claim);
}

std::vector<LimitedBy> Model::limits_on(const Job& job, const Claim& claim) const {
    return claim.limits.of(job.type, job.queue, job.owner, job.limit_key);
}

void Model::check_claimable(const ClaimedJob& found, const Claim& claim) const {
    const Entry* job = entry(found.lease.id);
    if (!job) fail("expected no claim of the unknown " + show(found.lease.id));
    // Where jobs take turns, a claim looks as far ahead as they stand behind the queue.
    const Timestamp by = has_had_limits_ ? claim.now + behind_the_queue() : claim.now;
    if (!may_be_due(*job, by) || !claim.serves(job->job.queue))
        fail(fmt::format("expected no claim of {}: it is {}, run_at {}, blocked by {}, queue {}",
                         show(found.lease.id), show(job->job.status), show(job->job.run_at),
                         job->job.blocked_by, show(job->job.queue)));
}

void Model::take(Entry& entry, const ClaimedJob& found, const Claim& claim) {
    auto& highest = fences_[entry.job.id];
    if (found.lease.fence <= highest)
        fail(fmt::format("fence of the claimed {}: expected one above {}, found {}",
                         show(entry.job.id), highest, found.lease.fence));
    highest = found.lease.fence;
    entry.job.fence = found.lease.fence - 1;
    transitions::claim(entry.job, claim.request, claim.now);
    expect_claimed(found, claimed_job(entry.job, entry.job.ahead));
    const bool had_head_start = entry.has_head_start;
    ended(entry);
    entry.has_head_start = had_head_start;
    entry.was_claimed = true;
    for (const LimitedBy& by : limits_on(entry.job, claim)) {
        if (by.limit->concurrency > 0) entry.holds.insert(by.bucket);
        if (by.limit->rate == 0) continue;
        auto& starts = starts_[by.bucket];
        starts.all.push_back(claim.now);
        starts.last = claim.now;
    }
}

Model::Place Model::earliest_place(const Entry& entry) const {
    return {entry.job.run_at - entry.job.priority * priority_step, entry.job.id};
}

Model::Place Model::latest_place(const Entry& entry) const {
    return entry.has_head_start ? earliest_place(entry) : Place{entry.job.run_at, entry.job.id};
}

/// Of jobs that no limit concerns or has concerned: turns and waits have orders of their own.
void Model::check_order(const std::vector<ClaimedJob>& found, const Claim& claim) const {
    if (claims_may_lag_) return; // what a second look finds comes last
    const auto is_free = [&](const Entry& job) {
        return !job.may_have_waited && job.was_due != job.job.run_at &&
               limits_on(job.job, claim).empty();
    };
    std::vector<const Entry*> free;
    for (const ClaimedJob& one : found)
        if (const Entry* job = entry(one.lease.id); is_free(*job)) free.push_back(job);
    const auto comes_before = [&](const Entry& a, const Entry& b) {
        const auto first = claim.rank(a.job.queue), second = claim.rank(b.job.queue);
        return first != second ? first < second : latest_place(a) < earliest_place(b);
    };
    for (std::size_t i = 0; i < free.size(); ++i)
        for (std::size_t k = i + 1; k < free.size(); ++k)
            if (free[k]->job.queue == free[i]->job.queue && comes_before(*free[k], *free[i]))
                fail(fmt::format("order of the claimed jobs: expected {} before {}",
                                 show(free[k]->job.id), show(free[i]->job.id)));
    if (found.size() < claim.request.limit) return;
    std::set<JobId> ids;
    for (const Entry* one : free) ids.insert(one->job.id);
    for (const auto& [id, other] : entries_) {
        if (ids.contains(id) || !is_due(other, claim.now) || !claim.serves(other.job.queue) ||
            !is_free(other))
            continue;
        for (const Entry* one : free)
            if (comes_before(other, *one))
                fail(fmt::format("claimed jobs: expected {} rather than {}", show(id),
                                 show(one->job.id)));
    }
}

void Model::check_limits(const std::vector<ClaimedJob>& found, const Claim& claim) const {
    for (const ClaimedJob& one : found)
        for (const LimitedBy& by : limits_on(entry(one.lease.id)->job, claim)) {
            const Limit& limit = *by.limit;
            const auto holders = std::ranges::count_if(entries_, [&](const auto& other) {
                return other.second.holds.contains(by.bucket);
            });
            if (limit.concurrency > 0 && static_cast<std::size_t>(holders) > limit.concurrency)
                fail(fmt::format("jobs processing in {}: expected at most {}, found {}",
                                 show(by.bucket), limit.concurrency, holders));
            if (limit.rate == 0) continue;
            const auto& starts = starts_.at(by.bucket).all;
            for (std::size_t i = 0; i < starts.size(); ++i) {
                const auto room =
                    static_cast<std::size_t>((starts.back() - starts[i]) / interval_of(limit)) +
                    limit.burst;
                if (starts.size() - i > room)
                    fail(fmt::format("starts in {} since {}: expected at most {}, found {}",
                                     show(by.bucket), show(starts[i]), room, starts.size() - i));
            }
        }
}

/// Whether a limit explains that the job was not claimed.
bool Model::is_kept_back(const Entry& waiting, const Claim& claim) const {
    if (waiting.passed_on && *waiting.passed_on + tries_elsewhere > claim.now) return true;
    for (const LimitedBy& by : limits_on(waiting.job, claim)) {
        const Limit& limit = *by.limit;
        std::size_t processing = 0;
        bool waits_elsewhere = false;
        for (const auto& [id, other] : entries_) {
            const auto limits = limits_on(other.job, claim);
            if (std::ranges::find(limits, by.bucket, &LimitedBy::bucket) == limits.end()) continue;
            const bool counts = !by.of_worker || other.job.worker == claim.request.worker;
            if (other.job.status == JobStatus::processing && counts) ++processing;
            // A free place may be kept for a job of a queue that this claim does not serve.
            const bool is_waiting = other.job.status == JobStatus::pending &&
                                    other.job.blocked_by == 0 && other.job.run_at <= claim.now;
            const bool is_served =
                claim.serves(other.job.queue) && !paused_.contains(other.job.queue);
            waits_elsewhere |= is_waiting && !is_served;
        }
        if (waits_elsewhere) return true;
        if (limit.concurrency > 0 && processing >= limit.concurrency) return true;
        if (const auto starts = starts_.find(by.bucket);
            limit.rate > 0 && starts != starts_.end()) {
            const Duration unnoticed = was_set_back_ ? clock_tolerance : Duration::zero();
            if (starts->second.last + burst_time(limit) + unnoticed > claim.now) return true;
        }
    }
    return false;
}

void Model::check_passed_over(const Exchange& found, const Claim& claim) const {
    for (const auto& [id, other] : entries_) {
        if (!is_due(other, claim.now) || !claim.serves(other.job.queue)) continue;
        if (is_kept_back(other, claim)) continue;
        // What has waited for a limit may continue a moment later.
        if (has_had_limits_ && found.next_due_in && *found.next_due_in <= behind_the_queue())
            continue;
        // Comparison::finish() sees that it is claimed at last. Where the limit was changed, and
        // the clock set back, a job may stand at what was the back of its queue.
        if (claims_may_lag_ || (was_set_back_ && other.may_have_waited)) continue;
        fail(fmt::format("claimed jobs: expected {} among them, which is due, found {} of at most "
                         "{}",
                         show(id), found.claimed.size(), claim.request.limit));
    }
}

void Model::check_next_due(const Exchange& found, const Claim& claim) const {
    std::optional<Duration> expected;
    for (const auto& [id, other] : entries_) {
        const Job& job = other.job;
        if (job.status != JobStatus::pending || job.blocked_by > 0 || !claim.serves(job.queue) ||
            paused_.contains(job.queue))
            continue;
        if (!limits_on(job, claim).empty() || other.passed_on || job.run_at == other.was_due)
            return;
        if (claims_may_lag_ && job.run_at <= claim.now) return;
        const Duration wait = std::max(job.run_at - claim.now, Duration::zero());
        expected = std::min(expected.value_or(wait), wait);
    }
    // Where there are limits, a store may ask for a look that finds nothing, and what has waited
    // for one may be due a moment later.
    if (has_had_limits_ && found.next_due_in &&
        (!expected || *found.next_due_in <= *expected + behind_the_queue()))
        return;
    expect_equal(found.next_due_in, expected, "next_due_in");
}

/// A claim has looked at all due jobs. What a rate lets wait because of a start that is ahead, as
/// the clock was set back, waits from then on.
void Model::begin_waits(const Claim& claim) {
    for (const auto& [id, other] : entries_) {
        const auto limits = limits_on(other.job, claim);
        if (!is_due(other, claim.now) || !claim.serves(other.job.queue) || limits.size() != 1)
            continue;
        const auto starts = starts_.find(limits.front().bucket);
        if (starts != starts_.end()) starts->second.last = std::min(starts->second.last, claim.now);
    }
}

void Model::check_reports(const Exchange& found, const Claim& claim) {
    for (const Throttled& one : found.throttled) {
        Entry* job = entry(one.id);
        if (std::ranges::find(found.claimed, LeaseRef{one.id, job ? job->job.fence : 0},
                              &ClaimedJob::lease) != found.claimed.end())
            continue; // it waited for its turn, which came
        const auto what = fmt::format("the report of {} and {}", show(one.id), show(one.limit));
        expect(job && may_be_due(*job, claim.now + behind_the_queue()) &&
                   claim.serves(job->job.queue),
               "a due job in " + what);
        expect_equal(one.type, job->job.type, "type in " + what);
        expect_equal(one.queue, job->job.queue, "queue in " + what);
        expect_equal(one.created_at, job->job.created_at, "created_at in " + what);
        const auto limits = limits_on(job->job, claim);
        const auto by = std::ranges::find_if(
            limits, [&](const LimitedBy& limit) { return limit.limit->name == one.limit; });
        expect(by != limits.end(), "a limit that the job is under in " + what);
        expect(job->reported.insert(one.limit).second || job->may_be_reported,
               "no second time for " + what);
    }
    for (auto& [id, other] : entries_) {
        if (!may_be_due(other, claim.now + behind_the_queue()) || !claim.serves(other.job.queue))
            continue;
        const auto limits = limits_on(other.job, claim);
        other.may_have_waited |= !limits.empty();
        if (std::ranges::any_of(limits, &LimitedBy::of_worker)) other.passed_on = claim.now;
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
