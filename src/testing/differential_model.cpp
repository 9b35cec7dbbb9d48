#include "differential_model.hpp"

#include <algorithm>
#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

/// How long a job that a worker's own limit kept from starting waits for that worker.
constexpr Duration tries_elsewhere = std::chrono::seconds{15};

/// What waits for its turn is put so much behind what is due now, or less.
constexpr Duration behind_the_queue = std::chrono::milliseconds{1};

std::vector<Limit> values_of(const std::map<std::string, Limit>& limits) {
    std::vector<Limit> all;
    for (const auto& [name, limit] : limits) all.push_back(limit);
    return all;
}

Duration interval_of(const Limit& limit) {
    const auto rate = static_cast<Duration::rep>(limit.rate);
    return (limit.period + Duration{rate - 1}) / rate;
}

bool is_blocked(const Job& job) { return job.status == JobStatus::pending && job.blocked_by > 0; }

std::string show_renewal(const Renewal& renewal) {
    return fmt::format("kept {}, cancel requested {}", renewal.kept, renewal.cancel_requested);
}

void expect_renewal(const Renewal& found, const Renewal& expected, const JobId& id) {
    const bool same = found.kept == expected.kept &&
                      (!found.kept || found.cancel_requested == expected.cancel_requested);
    if (!same)
        fail(fmt::format("renewal of {}: expected {}, found {}", show(id), show_renewal(expected),
                         show_renewal(found)));
}

void expect_submitted(const Submitted& found, const Submitted& expected, const JobId& id) {
    expect_equal(found.outcome, expected.outcome, "outcome of the submit of " + show(id));
    expect_equal(found.id, expected.id, "id in the result of the submit of " + show(id));
    if (expected.outcome != Submitted::Outcome::parent_missing)
        expect_equal(found.created_at, expected.created_at,
                     "created_at in the result of the submit of " + show(id));
}

void expect_claimed(const ClaimedJob& found, const ClaimedJob& expected) {
    const auto same = [&](std::string_view name, auto ClaimedJob::*member) {
        expect_equal(found.*member, expected.*member,
                     fmt::format("{} of the claimed {}", name, show(expected.lease.id)));
    };
    same("lease", &ClaimedJob::lease);
    same("type", &ClaimedJob::type);
    same("queue", &ClaimedJob::queue);
    same("owner", &ClaimedJob::owner);
    same("input", &ClaimedJob::input);
    same("metadata", &ClaimedJob::metadata);
    same("attempt", &ClaimedJob::attempt);
    same("max_attempts", &ClaimedJob::max_attempts);
    same("crashes", &ClaimedJob::crashes);
    same("timeout", &ClaimedJob::timeout);
    same("created_at", &ClaimedJob::created_at);
    same("start_within", &ClaimedJob::start_within);
    same("steps", &ClaimedJob::steps);
    same("lost_ahead", &ClaimedJob::lost_ahead);
}

} // namespace

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

Model::Entry* Model::entry(const JobId& id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

const Model::Entry* Model::entry(const JobId& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

bool Model::is_due(const Entry& entry, Timestamp now) const {
    const Job& job = entry.job;
    return job.status == JobStatus::pending && job.blocked_by == 0 && job.run_at <= now &&
           !paused_.contains(job.queue);
}

std::optional<Timestamp> Model::next_time(Timestamp now) const {
    std::optional<Timestamp> next;
    for (const auto& [id, entry] : entries_)
        for (const auto& time : {std::optional(entry.job.run_at), entry.job.lease_expires_at,
                                 entry.job.expires_at, entry.job.deadline})
            if (time && *time > now) next = std::min(next.value_or(*time), *time);
    return next;
}

void Model::submit(std::span<const NewJob> jobs, const std::vector<Submitted>* found,
                   Timestamp now) {
    if (found) expect_equal(found->size(), jobs.size(), "results of a submit");
    Parents parents;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const Submitted* result = found ? &(*found)[i] : nullptr;
        const auto expected = submit(jobs[i], parents.of(jobs[i]), result, now);
        if (result) expect_submitted(*result, expected, jobs[i].id);
        parents.submitted(jobs[i], expected);
    }
}

Submitted Model::submit(const NewJob& wanted, const std::vector<JobId>& parents,
                        const Submitted* found, Timestamp now) {
    if (Entry* same = entry(wanted.id))
        return conflict(*same, wanted, Submitted::Outcome::id_exists, now);
    for (auto& [id, other] : entries_)
        if (wanted.idempotency_key && other.job.idempotency_key == wanted.idempotency_key)
            return {Submitted::Outcome::repeated, id, other.job.created_at};
    for (auto& [id, other] : entries_)
        if (wanted.unique_key && other.job.unique_key == wanted.unique_key &&
            !is_finished(other.job.status))
            return conflict(other, wanted, Submitted::Outcome::key_taken, now);
    std::vector<JobId> missing;
    for (const JobId& parent : parents)
        if (!entry(parent)) missing.push_back(parent);
    if (!missing.empty()) {
        const bool is_named = found && std::ranges::find(missing, found->id) != missing.end();
        return {Submitted::Outcome::parent_missing, is_named ? found->id : missing.front(), {}};
    }
    Entry& made = entries_[wanted.id];
    made.job = transitions::make_job(wanted, parents.size(), 0, now);
    made.parents = parents;
    made.uncounted = {parents.begin(), parents.end()};
    made.has_head_start = made.job.run_at <= now;
    gone_.erase(wanted.id);
    return {Submitted::Outcome::created, wanted.id, now};
}

Submitted Model::conflict(Entry& holder, const NewJob& wanted, Submitted::Outcome outcome,
                          Timestamp now) {
    if (transitions::replace(holder.job, wanted, now)) {
        ended(holder);
        outcome = Submitted::Outcome::replaced;
    }
    return {outcome, holder.job.id, holder.job.created_at};
}

/// Something has happened to the job: it waits for no limit any more, and holds no place.
void Model::ended(Entry& entry) {
    entry.reported.clear();
    entry.may_be_reported = entry.may_have_waited = false;
    entry.holds.clear();
    entry.passed_on.reset();
    entry.has_head_start = false;
}

void Model::exchange(std::span<const Settlement> settlements, const ClaimRequest& request,
                     const Exchange* found, Timestamp now) {
    if (found) expect_equal(found->settled.size(), settlements.size(), "results of settlements");
    bool finished_parent = false;
    for (std::size_t i = 0; i < settlements.size(); ++i) {
        const Settlement& settlement = settlements[i];
        const JobId& id = settlement.lease().id;
        Entry* job = entry(id);
        const auto expected = job ? transitions::settle(job->job, settlement, now) : Settled{};
        const auto what = [&](std::string_view member) {
            return fmt::format("{} in the result of settlement {} of {}", member, i, show(id));
        };
        if (found) {
            expect_equal(found->settled[i].accepted, expected.accepted, what("accepted"));
            if (expected.accepted)
                expect_equal(found->settled[i].status, expected.status, what("status"));
        }
        if (!expected.accepted) continue;
        if (expected.status == JobStatus::completed)
            runs_[job->job.type].push_back(now - *job->job.started_at);
        const bool had_head_start = job->has_head_start;
        ended(*job);
        job->has_head_start = had_head_start && settlement.keeps_place();
        for (const auto& [child, other] : entries_)
            finished_parent |= is_finished(expected.status) && other.uncounted.contains(id) &&
                               is_blocked(other.job);
        submit(settlement.follow_ups(), nullptr, now);
    }
    if (!found) return;
    if (finished_parent) expect(found->needs_promotion, "needs_promotion to be set");

    const Claim claim{request, now, values_of(limits_)};
    has_had_limits_ |= !request.limits.empty();
    expect(found->claimed.size() <= request.limit, "no more jobs than were asked for");
    std::set<JobId> seen;
    for (const ClaimedJob& one : found->claimed) {
        expect(seen.insert(one.lease.id).second, "no job to be claimed twice");
        check_claimable(one, claim);
    }
    check_order(found->claimed, claim);
    for (const ClaimedJob& one : found->claimed) take(*entry(one.lease.id), one, claim);
    check_limits(found->claimed, claim);
    if (found->claimed.size() < request.limit) {
        check_passed_over(*found, claim);
        check_next_due(*found, claim);
    }
    check_reports(*found, claim);
}

void Model::claimed_unseen(const ClaimRequest& request, const std::vector<ClaimedJob>& held,
                           Timestamp now) {
    const Claim claim{request, now, values_of(limits_)};
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
        if (is_due(other, now + behind_the_queue) && !limits_on(other.job, claim).empty()) {
            other.may_be_reported = other.may_have_waited = true;
            other.passed_on = now;
        }
    Exchange found;
    found.claimed = claimed;
    if (claimed.size() < request.limit) check_passed_over(found, claim);
}

std::vector<LimitedBy> Model::limits_on(const Job& job, const Claim& claim) const {
    return claim.limits.of(job.type, job.queue, job.owner, job.limit_key);
}

void Model::check_claimable(const ClaimedJob& found, const Claim& claim) const {
    const Entry* job = entry(found.lease.id);
    if (!job) fail("expected no claim of the unknown " + show(found.lease.id));
    // Where jobs take turns, a claim looks as far ahead as they stand behind the queue.
    const Timestamp by = has_had_limits_ ? claim.now + behind_the_queue : claim.now;
    if (!is_due(*job, by) || !claim.serves(job->job.queue))
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
        if (by.limit->rate > 0) starts_[by.bucket].push_back(claim.now);
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
        return !job.may_have_waited && limits_on(job.job, claim).empty();
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
            const auto& starts = starts_.at(by.bucket);
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
            const auto burst = static_cast<Duration::rep>(limit.burst) * interval_of(limit);
            if (starts->second.back() + burst > claim.now) return true;
        }
    }
    return false;
}

void Model::check_passed_over(const Exchange& found, const Claim& claim) const {
    for (const auto& [id, other] : entries_) {
        if (!is_due(other, claim.now) || !claim.serves(other.job.queue)) continue;
        if (is_kept_back(other, claim)) continue;
        // What has waited for a limit may continue a moment later.
        if (has_had_limits_ && found.next_due_in && *found.next_due_in <= behind_the_queue)
            continue;
        if (claims_may_lag_) continue; // Comparison::finish() sees that it is claimed at last
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
        if (!limits_on(job, claim).empty() || other.passed_on) return;
        if (claims_may_lag_ && job.run_at <= claim.now) return;
        const Duration wait = std::max(job.run_at - claim.now, Duration::zero());
        expected = std::min(expected.value_or(wait), wait);
    }
    // Where there are limits, a store may ask for a look that finds nothing, and what has waited
    // for one may be due a moment later.
    if (has_had_limits_ && found.next_due_in &&
        (!expected || *found.next_due_in <= *expected + behind_the_queue))
        return;
    expect_equal(found.next_due_in, expected, "next_due_in");
}

void Model::check_reports(const Exchange& found, const Claim& claim) {
    for (const Throttled& one : found.throttled) {
        Entry* job = entry(one.id);
        if (std::ranges::find(found.claimed, LeaseRef{one.id, job ? job->job.fence : 0},
                              &ClaimedJob::lease) != found.claimed.end())
            continue; // it waited for its turn, which came
        const auto what = fmt::format("the report of {} and {}", show(one.id), show(one.limit));
        expect(job && is_due(*job, claim.now + behind_the_queue) && claim.serves(job->job.queue),
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
        if (!is_due(other, claim.now + behind_the_queue) || !claim.serves(other.job.queue))
            continue;
        const auto limits = limits_on(other.job, claim);
        other.may_have_waited |= !limits.empty();
        if (std::ranges::any_of(limits, &LimitedBy::of_worker)) other.passed_on = claim.now;
    }
}

void Model::renew(std::span<const Heartbeat> heartbeats, Duration lease_for,
                  const std::vector<Renewal>* found, Timestamp now) {
    if (found) expect_equal(found->size(), heartbeats.size(), "results of a renewal");
    for (std::size_t i = 0; i < heartbeats.size(); ++i) {
        const JobId& id = heartbeats[i].lease.id;
        Entry* job = entry(id);
        const Renewal expected =
            job ? transitions::heartbeat(job->job, heartbeats[i], lease_for, now) : Renewal{};
        if (found) expect_renewal((*found)[i], expected, id);
    }
}

void Model::check_leases(std::span<const LeaseRef> leases,
                         const std::vector<Renewal>& found) const {
    expect_equal(found.size(), leases.size(), "results of check_leases()");
    for (std::size_t i = 0; i < leases.size(); ++i) {
        const Entry* job = entry(leases[i].id);
        expect_renewal(found[i], job ? transitions::check_lease(job->job, leases[i]) : Renewal{},
                       leases[i].id);
    }
}

void Model::leases_of(std::string_view worker, std::vector<ClaimedJob> found) const {
    std::ranges::sort(found, {}, [](const ClaimedJob& job) { return job.lease.id; });
    std::vector<JobId> expected;
    for (const auto& [id, other] : entries_)
        if (other.job.status == JobStatus::processing && other.job.worker == worker)
            expected.push_back(id);
    expect_equal(ids_of(found), expected, "jobs under lease of " + show(worker));
    for (const ClaimedJob& one : found) {
        const StoredJob& job = entry(one.lease.id)->job;
        expect_claimed(one, claimed_job(job, job.ahead));
    }
}

void Model::rescue(std::size_t limit, int crash_limit, const std::vector<Rescued>& found,
                   Timestamp now) {
    std::vector<Timestamp> expired, rescued;
    for (const auto& [id, other] : entries_)
        if (other.job.status == JobStatus::processing && *other.job.lease_expires_at <= now)
            expired.push_back(*other.job.lease_expires_at);
    std::ranges::sort(expired);
    expired.resize(std::min(limit, expired.size()));
    for (const Rescued& one : found)
        if (const Entry* job = entry(one.id); job && job->job.lease_expires_at)
            rescued.push_back(*job->job.lease_expires_at);
    std::ranges::sort(rescued);
    // Of leases that ended at one time, any may come first.
    expect_equal(rescued, expired, "ends of the leases of the rescued jobs");
    for (std::size_t i = 0; i < found.size(); ++i) {
        Entry* job = entry(found[i].id);
        expect(job && job->job.lease_expires_at,
               "a job with a lease to be rescued: " + show(found[i].id));
        const bool was_lost_ahead = job->job.ahead.claimed;
        transitions::expire_lease(job->job, crash_limit, now);
        expect_equal(found[i].status, job->job.status,
                     "status of the rescued " + show(found[i].id));
        expect_equal(found[i].queue, job->job.queue, "queue of the rescued " + show(found[i].id));
        const bool had_head_start = job->has_head_start;
        ended(*job);
        job->has_head_start = had_head_start && was_lost_ahead;
    }
}

std::set<JobId> Model::finished_parents(const Entry& child) const {
    std::set<JobId> finished;
    for (const JobId& id : child.uncounted)
        if (const Entry* parent = entry(id); parent && is_finished(parent->job.status))
            finished.insert(id);
    return finished;
}

bool Model::needs_promotion() const {
    return std::ranges::any_of(entries_, [&](const auto& other) {
        return is_blocked(other.second.job) && !finished_parents(other.second).empty();
    });
}

void Model::count_parents(Entry& child, const std::set<JobId>& parents, const Job* unsuccessful,
                          Timestamp now) {
    for (const JobId& id : parents) child.uncounted.erase(id);
    if (transitions::parents_finished(child.job, static_cast<int>(parents.size()), unsuccessful,
                                      now))
        ended(child);
}

/// Checks the result for one job that waits, and follows it.
void Model::promote(const Promoted& one, const Read& read, Timestamp now) {
    Entry* child = entry(one.id);
    expect(child && is_blocked(child->job), "a blocked job to be promoted: " + show(one.id));
    std::set<JobId> finished = finished_parents(*child);
    expect(!finished.empty(), "a parent of the promoted " + show(one.id) + " to be finished");
    const Job* unsuccessful = nullptr;
    if (one.status == JobStatus::pending) {
        if (child->job.on_parent_failure != OnParentFailure::run)
            std::erase_if(finished, [&](const JobId& id) {
                return entry(id)->job.status != JobStatus::completed;
            });
        const auto count = static_cast<std::size_t>(child->job.blocked_by - one.blocked_by);
        expect(one.blocked_by < child->job.blocked_by && count <= finished.size(),
               fmt::format("blocked_by of {}, which was {}, to go down by at most {}, to {}",
                           show(one.id), child->job.blocked_by, finished.size(), one.blocked_by));
        while (finished.size() > count) finished.erase(std::prev(finished.end()));
    } else {
        const auto job = read(one.id);
        for (const JobId& id : finished) {
            const Job& parent = entry(id)->job;
            if (parent.status == JobStatus::completed) continue;
            const auto why = parent_failed(id, parent.status).message;
            const bool is_named =
                job && (job->cancel_reason == why || (job->error && job->error->message == why));
            if (is_named) unsuccessful = &parent;
        }
        expect(unsuccessful != nullptr,
               "a parent that did not complete to be the reason of " + show(one.id));
    }
    count_parents(*child, finished, unsuccessful, now);
}

void Model::promote(std::size_t limit, const std::vector<Promoted>& found, const Read& read,
                    Timestamp now) {
    // A job that fails in this call may be a parent of others in it.
    for (std::vector<Promoted> left = found; !left.empty();) {
        std::string difference;
        const auto followed = std::erase_if(left, [&](const Promoted& one) {
            try {
                promote(one, read, now);
                return true;
            } catch (const ConformanceFailure& failure) {
                difference = failure.what();
                return false;
            }
        });
        if (followed == 0) fail(difference);
    }
    for (const Promoted& one : found) {
        const Job& job = entry(one.id)->job;
        expect_equal(one.status, job.status, "status of the promoted " + show(one.id));
        expect_equal(one.blocked_by, job.blocked_by, "blocked_by of the promoted " + show(one.id));
        expect_equal(one.queue, job.queue, "queue of the promoted " + show(one.id));
    }
    if (!found.empty() || limit == 0 || (sweeps_may_lag_ && needs_promotion())) return;
    expect(!needs_promotion(), "no job to wait for a finished one when promote() returns none");
    for (auto& [id, other] : entries_) {
        for (const JobId& parent : finished_parents(other)) other.uncounted.erase(parent);
        const Job& job = other.job;
        const bool is_due = job.status == JobStatus::pending && job.run_at <= now;
        const bool is_certain = limit >= entries_.size() && !sweeps_may_lag_;
        if (is_certain && is_due && job.blocked_by == 0) other.has_head_start = true;
    }
}

void Model::forget(const JobId& id) {
    for (auto& [child, other] : entries_) {
        other.uncounted.erase(id);
        std::erase(other.parents, id);
    }
    entries_.erase(id);
    gone_.insert(id);
}

void Model::purge(std::size_t limit, std::size_t found, const Read& read, Timestamp now) {
    std::set<JobId> needed, counted;
    for (const auto& [id, other] : entries_)
        for (const JobId& parent : finished_parents(other))
            (is_blocked(other.job) ? needed : counted).insert(parent);
    std::vector<JobId> gone;
    std::size_t left = 0;
    for (const auto& [id, other] : entries_) {
        if (!other.job.expires_at || *other.job.expires_at > now || needed.contains(id)) continue;
        if (!read(id))
            gone.push_back(id);
        else if (!counted.contains(id))
            ++left;
    }
    expect_equal(found, gone.size(), "jobs purged");
    expect(found <= limit, "no more jobs than the limit to be purged");
    if (found < limit && !sweeps_may_lag_)
        expect_equal(left, 0, "expired jobs that a purge left although its limit was higher");
    for (const JobId& id : gone) {
        const Job& job = entry(id)->job;
        if (!job.owner.empty())
            tombstones_[id] = {job.owner, tombstone_until(*job.expires_at, job.retention)};
        forget(id);
    }
}

void Model::tombstone_owner(const JobId& id, const std::optional<std::string>& found,
                            Timestamp now) const {
    std::optional<std::string> expected;
    if (const auto tombstone = tombstones_.find(id);
        tombstone != tombstones_.end() && tombstone->second.second > now)
        expected = tombstone->second.first;
    expect_equal(found, expected, "owner of the purged " + show(id));
}

Job Model::shown(const Entry& entry, const Job& found) const {
    Job job = entry.job;
    if (!entry.was_claimed) job.fence = found.fence; // only that of a claim is known
    return job;
}

void Model::find(std::span<const JobId> ids, const std::vector<std::optional<Job>>& found) const {
    expect_equal(found.size(), ids.size(), "results of a find");
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Entry* known = entry(ids[i]);
        if (found[i].has_value() != (known != nullptr))
            fail(fmt::format("find {}: expected {}, found {}", show(ids[i]),
                             known ? "a job" : "none", found[i] ? "a job" : "none"));
        if (known) expect_same(*found[i], snapshot(shown(*known, *found[i])), "of " + show(ids[i]));
    }
}

void Model::find_summaries(std::span<const JobId> ids,
                           const std::vector<std::optional<Job>>& found) const {
    expect_equal(found.size(), ids.size(), "results of find_summaries()");
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Entry* known = entry(ids[i]);
        expect_equal(found[i].has_value(), known != nullptr, "summary of " + show(ids[i]));
        if (known)
            expect_same(summary_of(*found[i]), summary_of(known->job),
                        "in the summary of " + show(ids[i]));
    }
}

void Model::list(const JobQuery& query, const JobPage& found) const {
    std::vector<const Entry*> expected;
    const Entry* child = query.needed_by ? entry(*query.needed_by) : nullptr;
    for (const auto& [id, other] : entries_) {
        const bool is_needed =
            child && std::ranges::find(child->parents, id) != child->parents.end();
        if ((!query.needed_by || is_needed) && matches(other.job, query))
            expected.insert(expected.begin(), &other);
    }
    const bool more = expected.size() > query.limit;
    expected.resize(std::min(expected.size(), query.limit));
    std::vector<JobId> ids;
    for (const Entry* one : expected) ids.push_back(one->job.id);
    expect_equal(ids_of(found.jobs), ids, "jobs listed");
    expect_equal(found.more, more, "more, of a list");
    for (std::size_t i = 0; i < expected.size(); ++i) {
        // A store may read more than was asked for.
        expect_same(snapshot(found.jobs[i], query.parts),
                    snapshot(shown(*expected[i], found.jobs[i]), query.parts),
                    "of the listed " + show(ids[i]));
    }
}

void Model::cancel(const JobId& id, const Cancellation& cancellation, const CancelOutcome* found,
                   Timestamp now) {
    Entry* job = entry(id);
    const auto before = job ? job->job.status : JobStatus::pending;
    const auto expected =
        job ? transitions::cancel(job->job, cancellation, now) : CancelOutcome::not_found;
    if (found) expect_equal(*found, expected, "outcome of the cancel of " + show(id));
    if (job && job->job.status != before) ended(*job);
}

void Model::retry(const JobId& id, const RetryOutcome* found, Timestamp now) {
    Entry* job = entry(id);
    auto expected = job ? transitions::check_restart(job->job) : RetryOutcome::not_found;
    for (const auto& [other_id, other] : entries_)
        if (expected == RetryOutcome::retried && job->job.unique_key &&
            other.job.unique_key == job->job.unique_key && !is_finished(other.job.status))
            expected = RetryOutcome::key_taken;
    if (found) expect_equal(*found, expected, "outcome of the retry of " + show(id));
    if (expected != RetryOutcome::retried) return;
    transitions::restart(job->job, now);
    ended(*job);
}

void Model::remove(const JobId& id, const RemoveOutcome* found, Timestamp now) {
    const Entry* job = entry(id);
    const auto expected = !job                           ? RemoveOutcome::not_found
                          : is_finished(job->job.status) ? RemoveOutcome::removed
                                                         : RemoveOutcome::not_finished;
    if (found) expect_equal(*found, expected, "outcome of the removal of " + show(id));
    if (expected != RemoveOutcome::removed) return;
    const Job* unsuccessful = job->job.status == JobStatus::completed ? nullptr : &job->job;
    for (auto& [child, other] : entries_)
        if (other.uncounted.contains(id)) count_parents(other, {id}, unsuccessful, now);
    forget(id);
}

void Model::workload(std::string_view queue, std::string_view type, const Workload& found,
                     Timestamp now) const {
    std::size_t waiting = 0, free = 0, processing = 0;
    const auto of_all = values_of(limits_);
    const LimitsOfClaim limits(of_all, {}, {});
    for (const auto& [id, other] : entries_) {
        const Job& job = other.job;
        if (job.queue != queue) continue;
        if (job.status == JobStatus::processing) ++processing;
        if (job.status != JobStatus::pending || job.blocked_by > 0 || job.run_at > now) continue;
        ++waiting;
        const bool may_wait = other.passed_on || other.may_be_reported ||
                              !limits.of(job.type, job.queue, job.owner, job.limit_key).empty();
        if (!may_wait) ++free;
    }
    if (sweeps_may_lag_) free = 0;
    // What waits for a limit need not be counted.
    if (found.waiting < free || found.waiting > waiting)
        fail(fmt::format("jobs waiting in {}: expected {} to {}, found {}", show(queue), free,
                         waiting, found.waiting));
    if (!sweeps_may_lag_ || found.processing > processing)
        expect_equal(found.processing, processing,
                     fmt::format("jobs processing in {}", show(queue)));
    expect_equal(found.paused, paused_.contains(std::string(queue)), "paused, of a workload");
    const auto runs = runs_.find(std::string(type));
    if (runs == runs_.end()) {
        expect(!found.typical_run, "no typical_run of a type of which no job has completed");
    } else if (found.typical_run) { // those of jobs that are gone need not count
        const auto [least, most] = std::ranges::minmax(runs->second);
        expect(*found.typical_run >= least && *found.typical_run <= most,
               "typical_run to be between the shortest and the longest run");
    }
}

void Model::set_paused(const std::string& queue, bool paused) {
    if (paused)
        paused_.insert(queue);
    else
        paused_.erase(queue);
}

void Model::set_limit(const Limit& limit) {
    const auto known = limits_.find(limit.name);
    if (known != limits_.end() && known->second == limit) return;
    has_had_limits_ = true;
    limits_.erase(limit.name);
    if (is_limiting(limit)) limits_.emplace(limit.name, limit);
    // Whatever waited for it tries again, and may be reported again for other limits as well.
    for (auto& [id, other] : entries_) other.may_be_reported = true;
    const LimitsOfClaim its({&limit, 1}, {}, {});
    std::erase_if(starts_, [&](const auto& bucket) { return its.limit_of(bucket.first); });
}

void Model::limits(const std::vector<Limit>& found) const {
    expect(found == values_of(limits_), "the limits that were set, by name");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
