#pragma once

#include <asyncjobs/detail/memory_index.hpp>
#include <asyncjobs/detail/memory_limits.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The jobs of a MemoryJobStore and their indexes.
///
/// Thread-safety  None: the members of the store lock `mutex`. Only read() locks it itself.
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

    /// Adds the record to its schedule, and to the counts.
    void enter_schedule(Record& record) noexcept {
        record.counted = record.job.status;
        ++counts[static_cast<std::size_t>(record.counted)];
        if (record.schedule == &processing) ++record.queue->processing;
        detail::insert_near_end(*record.schedule, record);
    }

    void leave_schedule(Record& record) noexcept {
        --counts[static_cast<std::size_t>(record.counted)];
        if (record.schedule == &processing) --record.queue->processing;
        detail::erase_from(*record.schedule, record);
    }

    /// Moves the record to another schedule, or place.
    void move(Record& record, detail::MemorySchedule& schedule, Timestamp at) {
        touch(record.job.id);
        leave_schedule(record);
        record.schedule = &schedule;
        record.at = at;
        enter_schedule(record);
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

    // Jobs in the indexes (impl/memory_records.ipp).
    std::vector<Submitted> submit(std::span<const NewJob> jobs, Timestamp now);
    Submitted submit(const NewJob& wanted, std::vector<JobId> parents, Timestamp now);
    Submitted conflict(Record& holder, const NewJob& wanted, Submitted::Outcome outcome,
                       Timestamp now);
    void fill(Record& record, const NewJob& wanted, std::vector<JobId> parents, Timestamp now);
    void forget(Record& record);
    void leave_parents(const Record& record);
    void take_back(const JobId& id);
    void erase(Record& record);

    // Changes by operators, and settlements (impl/memory_job_store.ipp); claims
    // (impl/memory_claim.ipp).
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation, Timestamp now);
    RetryOutcome retry(const JobId& id, Timestamp now);
    RemoveOutcome remove(const JobId& id, Timestamp now);
    RunNowOutcome run_now(const JobId& id, Timestamp now);
    void set_paused(std::string_view name, bool paused, Timestamp now);
    Settled settle(const Settlement& settlement, Timestamp now);
    class LimitedClaim;
    void claim(const ClaimRequest& request, Timestamp now, Exchange& out);
    ClaimedJob claim(Record& record, const ClaimRequest& request, Timestamp now);
    std::optional<Duration> next_due(std::span<const std::string> names, Timestamp now);

    // Maintenance (impl/memory_sweeps.ipp).
    void promote(std::vector<const Record*> parents, Timestamp now, std::vector<Promoted>& out);
    void write_tombstone(const Job& job);
    void write_tombstone(Tombstone tombstone);
    void forget_tombstones(Timestamp now);
    void follow_clock(Duration by, Timestamp now);

    // Lookups (impl/memory_reads.ipp).
    std::vector<std::optional<Job>> read(std::span<const JobId> ids, Job (*seen)(const Job&));
    JobPage parents_page(const JobQuery& query);

    // Lookups by operators (impl/memory_queues.ipp, impl/memory_search.ipp, impl/memory_wait.ipp).
    StatusCounts status_counts(Timestamp now) const;
    QueuePage queue_page(std::string_view after, std::size_t limit, Timestamp now);
    QueueState queue_state(const std::string& name, Queue& queue, Timestamp now,
                           std::size_t& looks);
    bool is_open_parent(const JobId& parent, const JobId& child) const;
    std::vector<JobId> open_parents_of(const Record& child) const;
    JobWait wait_of(const Record& record, Timestamp now);
    Count due_before(const Record& record) const;
    class Search;

    // What has changed (impl/memory_changes.ipp).
    StoreChanges take_changes();
    JobRecord record_of(const Record& record) const;
    void apply(const StoreChanges& changes);
    void restore(const JobRecord& stored);
    void take_out(Record& record);
    void put_in(Record& record, const JobRecord& stored);

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
        children;                                          ///< jobs that their parent blocks
    std::unordered_map<JobId, std::set<JobId>> dependents; ///< of parents, removed ones, too
    std::unordered_set<JobId> to_unblock; ///< finished jobs that still block others
    detail::MemoryLimits limit_rows;
    detail::MemoryCatalogue all;
    detail::MemorySchedule processing, finished;
    std::array<std::size_t, 5> counts = {}; ///< jobs, by JobStatus
    std::int64_t used_fence = 0; ///< the highest of a job that is gone; new ones begin with it
    std::unordered_map<JobId, Tombstone> tombstones;
    std::multimap<Timestamp, JobId> tombstone_ends;
    Timestamp latest = {}; ///< that the clock has shown
    std::vector<ClockNotice> clock_notices;
    std::optional<Changed> changed; ///< empty: not recorded
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
