#pragma once

#include <asyncjobs/detail/memory_index.hpp>
#include <asyncjobs/detail/memory_limits.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct MemoryJobStore::State {
    using Record = detail::MemoryRecord;
    using Queue = detail::MemoryQueue;

    explicit State(Clock source) : clock(std::move(source)) {}

    /// The time of a call.
    Timestamp now() {
        const Timestamp time = clock();
        const Duration back = latest - time;
        latest = back > clock_tolerance ? time : std::max(latest, time);
        if (back > clock_tolerance) follow_clock(back, time);
        return time;
    }
    void follow_clock(Duration by, Timestamp now);

    std::vector<std::optional<Job>> read(std::span<const JobId> ids, Job (*seen)(const Job&));
    Record* find(const JobId& id) {
        const auto found = records.find(id);
        return found == records.end() ? nullptr : &found->second;
    }

    Queue& queue(std::string_view name) {
        const auto found = queues.find(name);
        return found != queues.end() ? found->second : queues[std::string(name)];
    }

    /// The job has changed, or is gone.
    void touch(const JobId& id) {
        if (changed) changed->jobs.insert(id);
    }

    /// Moves the record to another schedule, or place.
    void move(Record& record, detail::MemorySchedule& schedule, Timestamp at) {
        touch(record.job.id);
        detail::erase_from(*record.schedule, record);
        if (record.schedule == &processing) --record.queue->processing;
        if (&schedule == &processing) ++record.queue->processing;
        record.schedule = &schedule;
        record.at = at;
        detail::insert_near_end(schedule, record);
    }

    /// Whether its priority is still to give it a head start.
    static bool is_to_advance(const Job& job, Timestamp now) {
        return job.priority > 0 && job.run_at > now;
    }

    /// Where a pending job that waits for no other stands.
    static Timestamp place_of(const Job& job, Timestamp now) {
        return claim_time(job.run_at, job.priority, now);
    }

    void move_to_queue(Record& record, Timestamp now) {
        Queue& queue = *record.queue;
        move(record, is_to_advance(record.job, now) ? queue.scheduled : queue.pending,
             place_of(record.job, now));
    }

    /// Gives those that have become due their head start.
    void give_head_starts(Queue& queue, Timestamp now) {
        while (!queue.scheduled.empty() && queue.scheduled.begin()->at <= now) {
            Record& record = *queue.scheduled.begin();
            limit_rows.release(record.job.id);
            move_to_queue(record, now);
        }
    }

    /// Follows a transition by which the job has ended a run, or a wait. `keeps_place`: a pending
    /// job stands where it stood, and not later than now, whatever the clock has done since.
    void follow(Record& record, Timestamp now, bool keeps_place = false) {
        const Job& job = record.job;
        touch(job.id);
        limit_rows.release(job.id);
        if (!is_finished(job.status)) {
            if (keeps_place)
                move(record, record.queue->pending, std::min(place_of(job, now), now));
            else if (job.blocked_by == 0)
                move_to_queue(record, now);
            return;
        }
        if (children.contains(job.id)) to_unblock.insert(job.id);
        if (job.unique_key) live_keys.erase(*job.unique_key);
        move(record, finished, *job.expires_at);
    }

    std::vector<Submitted> submit(std::span<const NewJob> jobs, Timestamp now);
    Submitted submit(const NewJob& wanted, std::vector<JobId> parents, Timestamp now);
    Submitted conflict(Record& holder, const NewJob& wanted, Submitted::Outcome outcome,
                       Timestamp now);
    void promote(std::vector<const Record*> parents, Timestamp now, std::vector<Promoted>& out);
    Settled settle(const Settlement& settlement, Timestamp now);
    class LimitedClaim;
    void claim(const ClaimRequest& request, Timestamp now, Exchange& out);
    ClaimedJob claim(Record& record, const ClaimRequest& request, Timestamp now);
    std::optional<Duration> next_due(std::span<const std::string> queues, Timestamp now);
    JobPage parents_page(const JobQuery& query);
    void fill(Record& record, const NewJob& wanted, std::vector<JobId> parents, Timestamp now);
    void forget(Record& record);
    void leave_parents(const Record& record);
    void take_back(const JobId& id);
    void erase(Record& record);
    void write_tombstone(const Job& job);
    void write_tombstone(Tombstone tombstone);
    void forget_tombstones(Timestamp now);
    StoreChanges take_changes();
    JobRecord record_of(const Record& record) const;
    void apply(const StoreChanges& changes);
    void restore(const JobRecord& stored, Timestamp now);
    void take_out(Record& record);
    void put_in(Record& record, const JobRecord& stored, Timestamp now);

    /// What take_changes() returns next.
    struct Changed {
        std::set<JobId> jobs;
        std::set<std::string> queues; ///< paused or resumed
    };

    const Clock clock;
    std::mutex mutex;
    std::unordered_map<JobId, Record> records;
    std::map<std::string_view, Record*> live_keys;    ///< views into the records
    std::map<std::string_view, const Job*> kept_keys; ///< by idempotency key, likewise
    detail::ByName<Queue> queues;
    detail::ByName<detail::MemoryOwned> owned;
    detail::ByName<detail::RecentRuns> recent_runs; ///< by type
    std::unordered_map<JobId, std::unordered_set<JobId>>
        children;                         ///< jobs that their parent blocks
    std::unordered_set<JobId> to_unblock; ///< finished jobs that still block others
    detail::MemoryLimits limit_rows;
    detail::MemoryCatalogue all;
    detail::MemorySchedule processing, finished;
    std::int64_t used_fence = 0; ///< the highest of a job that is gone; new ones begin with it
    std::unordered_map<JobId, Tombstone> tombstones;
    std::multimap<Timestamp, JobId> tombstone_ends;
    Timestamp latest = {}; ///< that the clock has shown
    std::vector<ClockNotice> clock_notices;
    std::optional<Changed> changed; ///< empty: not recorded
};

namespace detail {

template <typename Index>
JobPage page_of(const Index& index, const JobQuery& query) {
    JobPage page;
    auto at = query.before ? index.lower_bound(*query.before, MemoryById{}) : index.end();
    while (at != index.begin()) {
        --at;
        if (!matches(at->job, query)) continue;
        page.more = page.jobs.size() == query.limit;
        if (page.more) break;
        page.jobs.push_back(snapshot(at->job, query.parts));
    }
    return page;
}

inline Timestamp system_time() {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

} // namespace detail

ASYNCJOBS_INLINE void MemoryJobStore::State::follow_clock(Duration by, Timestamp now) {
    for (auto& [id, record] : records) {
        const Timestamp longest = record.job.updated_at + by;
        if (!asyncjobs::follow_clock(record.job, record.job.lease_for, by, now)) continue;
        touch(id);
        // A pending job's place is its own: its head start, or where a limit has put it.
        const bool is_pending = record.job.status == JobStatus::pending;
        if (is_pending && record.at > longest) continue;
        detail::erase_from(*record.schedule, record);
        record.at = record.job.lease_expires_at.value_or(record.at - by);
        record.schedule->insert(record);
    }
    limit_rows.follow_clock(by, now);
    decltype(tombstone_ends) ends;
    for (auto& [id, tombstone] : tombstones) {
        tombstone.until -= by;
        ends.emplace(tombstone.until, id);
    }
    tombstone_ends = std::move(ends);
    clock_notices.push_back({ClockNotice::Kind::set_back, by});
}

ASYNCJOBS_INLINE Submitted MemoryJobStore::State::conflict(Record& holder, const NewJob& wanted,
                                                           Submitted::Outcome outcome,
                                                           Timestamp now) {
    if (transitions::replace(holder.job, wanted, now)) {
        follow(holder, now);
        outcome = Submitted::Outcome::replaced;
    }
    return {outcome, holder.job.id, holder.job.created_at};
}

ASYNCJOBS_INLINE Submitted MemoryJobStore::State::submit(const NewJob& wanted,
                                                         std::vector<JobId> parents,
                                                         Timestamp now) {
    using Outcome = Submitted::Outcome;
    if (Record* same = find(wanted.id)) return conflict(*same, wanted, Outcome::id_exists, now);
    if (wanted.idempotency_key) {
        if (const auto first = kept_keys.find(*wanted.idempotency_key); first != kept_keys.end())
            return {Outcome::repeated, first->second->id, first->second->created_at};
    }
    if (wanted.unique_key) {
        if (const auto holder = live_keys.find(*wanted.unique_key); holder != live_keys.end())
            return conflict(*holder->second, wanted, Outcome::key_taken, now);
    }
    for (const JobId& parent : parents)
        if (!find(parent)) return {Outcome::parent_missing, parent, {}};
    Record& record = records[wanted.id];
    try {
        fill(record, wanted, std::move(parents), now);
    } catch (...) {
        forget(record);
        throw;
    }
    detail::insert_near_end(*record.schedule, record);
    detail::insert_near_end(all, record);
    detail::insert_near_end(owned.find(wanted.owner)->second, record);
    return {Outcome::created, wanted.id, record.job.created_at};
}

/// All that may fail on the way into the indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::fill(Record& record, const NewJob& wanted,
                                                  std::vector<JobId> parents, Timestamp now) {
    transitions::make_job(record.job, wanted, parents.size(), used_fence, now);
    const Job& job = record.job;
    record.queue = &queue(job.queue);
    const bool is_blocked = job.blocked_by > 0;
    record.schedule =
        !is_blocked && is_to_advance(job, now) ? &record.queue->scheduled : &record.queue->pending;
    record.at = is_blocked ? never_due : place_of(job, now);
    std::ranges::sort(parents);
    record.parents = std::move(parents);
    for (const JobId& parent : record.parents) {
        children[parent].insert(job.id);
        if (is_finished(find(parent)->job.status)) to_unblock.insert(parent);
    }
    if (job.unique_key) live_keys.emplace(*job.unique_key, &record);
    if (job.idempotency_key) kept_keys.emplace(*job.idempotency_key, &job);
    owned[job.owner];
    touch(job.id);
}

/// Undoes fill(), however far that came.
ASYNCJOBS_INLINE void MemoryJobStore::State::forget(Record& record) {
    const Job& job = record.job;
    const auto is_own = [&](const auto& keys, const auto& key, const auto* whose) {
        const auto found = key ? keys.find(*key) : keys.end();
        return found != keys.end() && found->second == whose;
    };
    leave_parents(record);
    if (is_own(live_keys, job.unique_key, &record)) live_keys.erase(*job.unique_key);
    if (is_own(kept_keys, job.idempotency_key, &job)) kept_keys.erase(*job.idempotency_key);
    if (const auto owner = owned.find(job.owner); owner != owned.end() && owner->second.empty())
        owned.erase(owner);
    records.erase(JobId(job.id));
}

/// No parent unblocks a job that is gone: another one may come with its id.
ASYNCJOBS_INLINE void MemoryJobStore::State::leave_parents(const Record& record) {
    for (const JobId& parent : record.parents) {
        const auto of = children.find(parent);
        if (of == children.end()) continue;
        of->second.erase(record.job.id);
        if (!of->second.empty()) continue;
        children.erase(of);
        to_unblock.erase(parent);
    }
}

/// Undoes a submit that created the job.
ASYNCJOBS_INLINE void MemoryJobStore::State::take_back(const JobId& id) {
    Record& record = *find(id);
    detail::erase_from(*record.schedule, record);
    detail::erase_from(all, record);
    detail::erase_from(owned.find(record.job.owner)->second, record);
    forget(record);
}

ASYNCJOBS_INLINE void MemoryJobStore::State::erase(Record& record) {
    detail::erase_from(*record.schedule, record);
    detail::erase_from(all, record);
    const auto owner = owned.find(record.job.owner);
    detail::erase_from(owner->second, record);
    if (owner->second.empty()) owned.erase(owner);
    if (record.job.idempotency_key) kept_keys.erase(*record.job.idempotency_key);
    const JobId id = record.job.id;
    touch(id);
    used_fence = std::max(used_fence, record.job.fence);
    leave_parents(record);
    children.erase(id);
    to_unblock.erase(id);
    records.erase(id);
}

ASYNCJOBS_INLINE Settled MemoryJobStore::State::settle(const Settlement& settlement,
                                                       Timestamp now) {
    Record* record = find(settlement.lease().id);
    if (!record) return {};
    const Job& job = record->job;
    const Settled settled = transitions::settle(record->job, settlement, now);
    if (!settled.accepted) return settled;
    if (settled.status == JobStatus::completed)
        recent_runs[job.type].add(std::max(now - job.started_at.value_or(now), Duration::zero()));
    follow(*record, now, settlement.keeps_place());
    submit(settlement.follow_ups(), now);
    return settled;
}

/// The rows of a claim under limits.
class MemoryJobStore::State::LimitedClaim final : public LimitPort {
public:
    LimitedClaim(State& state, const ClaimRequest& request, std::span<const std::string> served,
                 Timestamp now)
        : state_(state), rows_(state.limit_rows), request_(request), served_(served), now_(now) {}

    std::vector<std::string> begin(LimitBuckets&) override { return rows_.due(now_); }

    Timestamp back_of_queue() override { return rows_.back_of_queue(); }

    void read(std::span<LimitCandidate> jobs, const std::set<std::string>& names,
              LimitBuckets& buckets) override {
        for (const std::string& name : names) rows_.read(name, buckets);
        for (const LimitCandidate& job : jobs)
            for (const LimitedBy& by : job.limits) rows_.read(by.bucket, buckets);
    }

    void find_waiting(const std::set<std::string>& names, LimitBuckets& buckets) override {
        for (const std::string& name : names) buckets[name].has_waiting = rows_.has_parked(name);
    }

    void find_parked(std::span<OpenBucket> buckets) override {
        for (OpenBucket& bucket : buckets)
            for (const auto& [at, id] : rows_.parked(bucket.name, served_, bucket.count))
                bucket.parked.push_back(candidate(*state_.find(id)));
    }

    std::vector<LimitCandidate> find_due(std::size_t count, Timestamp until,
                                         std::vector<LimitCandidate>&) override {
        std::vector<LimitCandidate> found;
        for (const std::string& name : served_)
            for (const Record& record : state_.queue(name).pending) {
                if (record.at > until || found.size() == count) break;
                found.push_back(candidate(record));
            }
        return found;
    }

    std::vector<ClaimedJob> apply(std::span<const LimitCandidate> jobs) override {
        using Decision = LimitCandidate::Decision;
        std::vector<ClaimedJob> claimed;
        for (const LimitCandidate& job : jobs) {
            if (job.decision == Decision::none) continue;
            Record& record = *state_.find(job.id);
            rows_.mark(job);
            if (job.decision == Decision::start)
                claimed.push_back(state_.claim(record, request_, now_));
            else
                state_.move(record, record.queue->pending, job.run_at);
        }
        return claimed;
    }

    void save(const std::string& name, const StoredBucket& bucket) override {
        rows_.save(name, bucket);
    }

    std::optional<Duration> next_due(const LimitsOfClaim& limits) override {
        const auto job = state_.next_due(served_, now_);
        const auto bucket = rows_.next_due(limits, now_);
        if (!bucket) return job;
        return std::min(job.value_or(*bucket - now_), *bucket - now_);
    }

private:
    LimitCandidate candidate(const Record& record) const {
        const Job& job = record.job;
        LimitCandidate candidate{{.id = job.id, .queued_at = record.at}};
        candidate.type = job.type;
        candidate.queue = job.queue;
        candidate.owner = job.owner;
        candidate.limit_key = job.limit_key;
        candidate.created_at = job.created_at;
        rows_.complete(candidate);
        return candidate;
    }

    State& state_;
    detail::MemoryLimits& rows_;
    const ClaimRequest& request_;
    const std::span<const std::string> served_; ///< of the request's queues
    const Timestamp now_;
};

ASYNCJOBS_INLINE ClaimedJob MemoryJobStore::State::claim(Record& record,
                                                         const ClaimRequest& request,
                                                         Timestamp now) {
    transitions::claim(record.job, request, now);
    move(record, processing, *record.job.lease_expires_at);
    return claimed_job(record.job, record.job.ahead);
}

/// Returns how long until the next job of these queues is due.
ASYNCJOBS_INLINE std::optional<Duration>
MemoryJobStore::State::next_due(std::span<const std::string> names, Timestamp now) {
    std::optional<Duration> next;
    for (const std::string& name : names)
        for (const auto* schedule : {&queue(name).pending, &queue(name).scheduled}) {
            if (schedule->empty() || schedule->begin()->at == never_due) continue;
            const Duration due_in = schedule->begin()->at - now;
            next = std::min(next.value_or(due_in), due_in);
        }
    return next;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::claim(const ClaimRequest& request, Timestamp now,
                                                   Exchange& out) {
    std::vector<std::string> served;
    for (const std::string& name : request.queues)
        if (const auto found = queues.find(name); found != queues.end() && !found->second.paused) {
            give_head_starts(found->second, now);
            served.push_back(name);
        }
    if (!request.limits.empty() || !limit_rows.are_unused()) {
        LimitedClaim port(*this, request, served, now);
        const auto limits = limit_rows.limits();
        return LimitEngine(port, limits, request, now).claim(out);
    }
    for (const std::string& name : served) {
        auto& pending = queue(name).pending;
        while (out.claimed.size() < request.limit && !pending.empty() && pending.begin()->at <= now)
            out.claimed.push_back(claim(*pending.begin(), request, now));
    }
    if (out.claimed.size() < request.limit) out.next_due_in = next_due(served, now);
}

ASYNCJOBS_INLINE MemoryJobStore::MemoryJobStore() : MemoryJobStore(detail::system_time) {}
ASYNCJOBS_INLINE MemoryJobStore::MemoryJobStore(Clock clock)
    : state_(std::make_unique<State>(std::move(clock))) {}
ASYNCJOBS_INLINE MemoryJobStore::~MemoryJobStore() = default;

ASYNCJOBS_INLINE std::vector<Submitted> MemoryJobStore::submit(std::span<const NewJob> jobs) {
    const std::lock_guard lock(state_->mutex);
    return state_->submit(jobs, state_->now());
}

ASYNCJOBS_INLINE std::vector<Submitted> MemoryJobStore::State::submit(std::span<const NewJob> jobs,
                                                                      Timestamp now) {
    std::vector<Submitted> results;
    results.reserve(jobs.size());
    Parents parents;
    try {
        for (const NewJob& job : jobs) {
            results.push_back(submit(job, parents.of(job), now));
            parents.submitted(job, results.back());
        }
    } catch (...) {
        for (; !results.empty(); results.pop_back())
            if (results.back().outcome == Submitted::Outcome::created) take_back(results.back().id);
        throw;
    }
    return results;
}

ASYNCJOBS_INLINE Exchange MemoryJobStore::exchange(std::span<const Settlement> settlements,
                                                   const ClaimRequest& request) {
    validate(request);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    Exchange result;
    result.settled.reserve(settlements.size());
    for (const Settlement& settlement : settlements)
        result.settled.push_back(state_->settle(settlement, now));

    if (request.limit > 0) state_->claim(request, now, result);
    result.needs_promotion = !state_->to_unblock.empty();
    return result;
}

ASYNCJOBS_INLINE std::vector<Renewal> MemoryJobStore::renew(std::span<const Heartbeat> heartbeats,
                                                            Duration lease_for) {
    check_lease_for(lease_for);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Renewal> results;
    results.reserve(heartbeats.size());
    for (const Heartbeat& heartbeat : heartbeats) {
        auto* record = state_->find(heartbeat.lease.id);
        results.push_back(record ? transitions::heartbeat(record->job, heartbeat, lease_for, now)
                                 : Renewal{});
        if (results.back().kept)
            state_->move(*record, state_->processing, *record->job.lease_expires_at);
    }
    return results;
}

ASYNCJOBS_INLINE std::vector<ClaimedJob> MemoryJobStore::leases_of(std::string_view worker) {
    check_worker(worker);
    const std::lock_guard lock(state_->mutex);
    std::vector<ClaimedJob> result;
    for (const auto& record : state_->processing)
        if (record.job.worker == worker)
            result.push_back(claimed_job(record.job, record.job.ahead));
    return result;
}

ASYNCJOBS_INLINE std::vector<Rescued> MemoryJobStore::rescue(std::size_t limit, int crash_limit) {
    check_rescue(limit, crash_limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Rescued> result;
    while (result.size() < limit && !state_->processing.empty()) {
        auto& record = *state_->processing.begin();
        const Job& job = record.job;
        if (job.lease_expires_at > now) break;
        transitions::expire_lease(record.job, crash_limit, now);
        state_->follow(record, now, record.job.ahead.lost);
        result.push_back({job.id, job.queue, job.status});
    }
    return result;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::promote(std::vector<const Record*> parents,
                                                     Timestamp now, std::vector<Promoted>& out) {
    struct Freed {
        int count = 0;
        const Record* failed = nullptr; ///< a parent that did not complete
    };
    std::map<JobId, Freed> freed;
    for (const Record* parent : parents) {
        const auto counted = children.extract(parent->job.id);
        for (const JobId& child : counted.mapped()) {
            ++freed[child].count;
            if (parent->job.status != JobStatus::completed) freed[child].failed = parent;
        }
        to_unblock.erase(parent->job.id);
    }
    for (const auto& [id, by] : freed) {
        touch(id);
        Record* child = find(id);
        const Job* unsuccessful = by.failed ? &by.failed->job : nullptr;
        if (!child || !transitions::parents_finished(child->job, by.count, unsuccessful, now))
            continue;
        follow(*child, now);
        const Job& job = child->job;
        out.push_back({id, job.queue, job.status, job.blocked_by});
    }
}

ASYNCJOBS_INLINE std::vector<Promoted> MemoryJobStore::promote(std::size_t limit) {
    check_limit(limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    std::vector<Promoted> promoted;
    // An empty result means that no job waits any more.
    while (promoted.empty() && limit > 0 && !state_->to_unblock.empty()) {
        std::vector<const State::Record*> parents;
        for (const JobId& id : state_->to_unblock) {
            if (parents.size() == limit) break;
            parents.push_back(state_->find(id));
        }
        state_->promote(std::move(parents), now, promoted);
    }
    return promoted;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::write_tombstone(const Job& job) {
    if (!job.owner.empty())
        write_tombstone({job.id, job.owner, tombstone_until(*job.expires_at, job.retention)});
}

ASYNCJOBS_INLINE void MemoryJobStore::State::write_tombstone(Tombstone tombstone) {
    const JobId id = tombstone.id;
    tombstone_ends.emplace(tombstone.until, id);
    tombstones.insert_or_assign(id, std::move(tombstone));
}

ASYNCJOBS_INLINE void MemoryJobStore::State::forget_tombstones(Timestamp now) {
    while (!tombstone_ends.empty() && tombstone_ends.begin()->first <= now) {
        const auto end = tombstone_ends.begin();
        const auto found = tombstones.find(end->second);
        if (found != tombstones.end() && found->second.until == end->first) tombstones.erase(found);
        tombstone_ends.erase(end);
    }
}

ASYNCJOBS_INLINE std::optional<std::string> MemoryJobStore::tombstone_owner(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    state_->forget_tombstones(state_->now());
    const auto found = state_->tombstones.find(id);
    if (found == state_->tombstones.end()) return std::nullopt;
    return found->second.owner;
}

ASYNCJOBS_INLINE std::size_t MemoryJobStore::purge(std::size_t limit) {
    check_limit(limit);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    state_->limit_rows.forget_idle(now);
    state_->forget_tombstones(now);
    std::size_t count = 0;
    for (auto next = state_->finished.begin();
         count < limit && next != state_->finished.end() && next->at <= now;) {
        auto& record = *next++;
        if (state_->to_unblock.contains(record.job.id)) continue;
        state_->write_tombstone(record.job);
        state_->erase(record);
        ++count;
    }
    return count;
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>>
MemoryJobStore::State::read(std::span<const JobId> ids, Job (*seen)(const Job&)) {
    const std::lock_guard lock(mutex);
    std::vector<std::optional<Job>> results(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto* record = find(ids[i])) results[i] = seen(record->job);
    return results;
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>> MemoryJobStore::find(std::span<const JobId> ids) {
    return state_->read(ids, [](const Job& job) { return snapshot(job); });
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>>
MemoryJobStore::find_summaries(std::span<const JobId> ids) {
    return state_->read(ids, summary_of);
}

ASYNCJOBS_INLINE JobPage MemoryJobStore::State::parents_page(const JobQuery& query) {
    JobPage page;
    const Record* child = find(*query.needed_by);
    if (!child) return page;
    const auto& parents = child->parents;
    auto at = query.before ? std::ranges::lower_bound(parents, *query.before) : parents.end();
    while (at != parents.begin()) {
        const Record* parent = find(*--at);
        if (!parent || !matches(parent->job, query)) continue;
        page.more = page.jobs.size() == query.limit;
        if (page.more) break;
        page.jobs.push_back(snapshot(parent->job, query.parts));
    }
    return page;
}

ASYNCJOBS_INLINE JobPage MemoryJobStore::list(const JobQuery& query) {
    validate(query);
    const std::lock_guard lock(state_->mutex);
    if (query.needed_by) return state_->parents_page(query);
    if (!query.owner) return detail::page_of(state_->all, query);
    const auto owned = state_->owned.find(*query.owner);
    return owned == state_->owned.end() ? JobPage{} : detail::page_of(owned->second, query);
}

ASYNCJOBS_INLINE CancelOutcome MemoryJobStore::cancel(const JobId& id,
                                                      const Cancellation& cancellation) {
    validate(cancellation);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    auto* record = state_->find(id);
    if (!record) return CancelOutcome::not_found;
    const auto outcome = transitions::cancel(record->job, cancellation, now);
    if (outcome == CancelOutcome::cancelled) state_->follow(*record, now);
    state_->touch(id);
    return outcome;
}

ASYNCJOBS_INLINE RetryOutcome MemoryJobStore::retry(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    auto* record = state_->find(id);
    if (!record) return RetryOutcome::not_found;
    const Job& job = record->job;
    const auto outcome = transitions::check_restart(job);
    if (outcome != RetryOutcome::retried) return outcome;
    if (job.unique_key && !state_->live_keys.emplace(*job.unique_key, record).second)
        return RetryOutcome::key_taken;
    const Timestamp now = state_->now();
    transitions::restart(record->job, now);
    state_->to_unblock.erase(id);
    state_->follow(*record, now);
    return RetryOutcome::retried;
}

ASYNCJOBS_INLINE RemoveOutcome MemoryJobStore::remove(const JobId& id) {
    const std::lock_guard lock(state_->mutex);
    auto* record = state_->find(id);
    if (!record) return RemoveOutcome::not_found;
    if (!is_finished(record->job.status)) return RemoveOutcome::not_finished;
    if (state_->to_unblock.contains(id)) {
        std::vector<Promoted> unblocked;
        state_->promote({record}, state_->now(), unblocked);
    }
    state_->erase(*record);
    return RemoveOutcome::removed;
}

ASYNCJOBS_INLINE Workload MemoryJobStore::workload(std::string_view queue, std::string_view type) {
    check_workload(queue, type);
    const std::lock_guard lock(state_->mutex);
    const Timestamp now = state_->now();
    Workload result;
    if (const auto found = state_->queues.find(queue); found != state_->queues.end()) {
        state_->give_head_starts(found->second, now);
        for (const auto& record : found->second.pending) {
            if (record.at > now || result.waiting == Workload::count_limit) break;
            ++result.waiting;
        }
        result.processing = std::min(found->second.processing, Workload::count_limit);
        result.paused = found->second.paused;
    }
    if (const auto runs = state_->recent_runs.find(type); runs != state_->recent_runs.end())
        result.typical_run = runs->second.mean();
    return result;
}

ASYNCJOBS_INLINE void MemoryJobStore::set_paused(std::string_view queue, bool paused) {
    check_queue(queue);
    const std::lock_guard lock(state_->mutex);
    state_->queue(queue).paused = paused;
    if (state_->changed) state_->changed->queues.emplace(queue);
}

ASYNCJOBS_INLINE void MemoryJobStore::set_limit(const Limit& limit) {
    validate(limit);
    const std::lock_guard lock(state_->mutex);
    state_->now();
    for (const auto& [queued_at, id] : state_->limit_rows.set(limit)) {
        auto& record = *state_->find(id);
        state_->move(record, record.queue->pending, queued_at);
    }
}

ASYNCJOBS_INLINE std::vector<ClockNotice> MemoryJobStore::take_clock_notices() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->clock_notices, {});
}

ASYNCJOBS_INLINE std::vector<Limit> MemoryJobStore::limits() {
    const std::lock_guard lock(state_->mutex);
    return state_->limit_rows.limits();
}

ASYNCJOBS_INLINE JobRecord MemoryJobStore::State::record_of(const Record& record) const {
    JobRecord stored{record.job};
    stored.parent_ids = record.parents;
    stored.place = record.at;
    for (const JobId& parent : record.parents)
        if (const auto open = children.find(parent);
            open != children.end() && open->second.contains(stored.id))
            stored.open_parents.push_back(parent);
    limit_rows.write(stored);
    return stored;
}

ASYNCJOBS_INLINE StoreChanges MemoryJobStore::State::take_changes() {
    StoreChanges changes{.at = latest};
    if (!changed) {
        changed.emplace();
        limit_rows.record_changes();
        return changes;
    }
    limit_rows.take_changes(changes, changed->jobs);
    for (const JobId& id : changed->jobs) {
        if (const Record* record = find(id)) {
            changes.jobs.push_back(record_of(*record));
            continue;
        }
        changes.removed.push_back(id);
        if (const auto tombstone = tombstones.find(id); tombstone != tombstones.end())
            changes.tombstones.push_back(tombstone->second);
    }
    if (!changes.removed.empty()) changes.used_fence = used_fence;
    for (const std::string& name : changed->queues)
        (queue(name).paused ? changes.paused : changes.resumed).push_back(name);
    changed.emplace();
    return changes;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::apply(const StoreChanges& changes) {
    latest = changes.at;
    for (const Limit& limit : changes.limits) limit_rows.set(limit);
    for (const JobRecord& job : changes.jobs) restore(job, changes.at);
    for (const JobId& id : changes.removed)
        if (Record* record = find(id)) erase(*record);
    for (const Tombstone& tombstone : changes.tombstones) write_tombstone(tombstone);
    for (const BucketRecord& bucket : changes.buckets) limit_rows.restore(bucket);
    used_fence = std::max(used_fence, changes.used_fence);
    for (const std::string& name : changes.paused) queue(name).paused = true;
    for (const std::string& name : changes.resumed) queue(name).paused = false;
}

ASYNCJOBS_INLINE void MemoryJobStore::State::restore(const JobRecord& stored, Timestamp now) {
    const auto [at, is_new] = records.try_emplace(stored.id);
    Record& record = at->second;
    const bool was_completed = !is_new && record.job.status == JobStatus::completed;
    if (!is_new) take_out(record);
    record.job = stored;
    put_in(record, stored, now);
    limit_rows.restore(stored);
    const Job& job = record.job;
    if (job.status == JobStatus::completed && !was_completed)
        recent_runs[job.type].add(*job.finished_at - job.started_at.value_or(*job.finished_at));
}

/// Removes the job from all indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::take_out(Record& record) {
    const Job& job = record.job;
    detail::erase_from(*record.schedule, record);
    if (record.schedule == &processing) --record.queue->processing;
    detail::erase_from(all, record);
    detail::erase_from(owned.find(job.owner)->second, record);
    if (job.unique_key && !is_finished(job.status)) live_keys.erase(*job.unique_key);
    if (job.idempotency_key) kept_keys.erase(*job.idempotency_key);
    leave_parents(record);
}

/// Adds the job to all indexes.
ASYNCJOBS_INLINE void MemoryJobStore::State::put_in(Record& record, const JobRecord& stored,
                                                    Timestamp now) {
    const Job& job = record.job;
    record.queue = &queue(job.queue);
    record.at = stored.place;
    record.parents = stored.parent_ids;
    if (is_finished(job.status))
        record.schedule = &finished;
    else if (job.status == JobStatus::processing)
        record.schedule = &processing;
    else
        record.schedule = record.at == job.run_at && is_to_advance(job, now)
                              ? &record.queue->scheduled
                              : &record.queue->pending;
    if (record.schedule == &processing) ++record.queue->processing;
    record.schedule->insert(record);
    all.insert(record);
    owned[job.owner].insert(record);
    if (job.unique_key && !is_finished(job.status)) live_keys.emplace(*job.unique_key, &record);
    if (job.idempotency_key) kept_keys.emplace(*job.idempotency_key, &job);
    for (const JobId& parent : stored.open_parents) {
        children[parent].insert(job.id);
        const Record* found = find(parent);
        if (found && is_finished(found->job.status)) to_unblock.insert(parent);
    }
    if (is_finished(job.status) && children.contains(job.id))
        to_unblock.insert(job.id);
    else
        to_unblock.erase(job.id);
}

ASYNCJOBS_INLINE StoreChanges MemoryJobStore::take_changes() {
    const std::lock_guard lock(state_->mutex);
    return state_->take_changes();
}

ASYNCJOBS_INLINE void MemoryJobStore::apply(const StoreChanges& changes) {
    const std::lock_guard lock(state_->mutex);
    const auto recorded = std::exchange(state_->changed, std::nullopt);
    state_->apply(changes);
    state_->changed = recorded;
    state_->limit_rows.forget_changes();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
