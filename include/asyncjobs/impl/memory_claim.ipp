#pragma once

#include <asyncjobs/detail/memory_state.hpp>
#include <asyncjobs/store/limit_engine.hpp>
#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

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
            Queue& queue = *record.queue;
            const bool is_parked = job.decision == Decision::park && job.run_at == never_due;
            if (job.decision == Decision::start)
                claimed.push_back(state_.claim(record, request_, now_));
            else
                state_.move(record, is_parked ? queue.parked : queue.pending, job.run_at);
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
        if (const auto found = queues.find(name);
            found != queues.end() && !found->second.paused_since) {
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

} // namespace asyncjobs::inline ASYNCJOBS_ABI
