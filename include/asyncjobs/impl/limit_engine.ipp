#pragma once

#include <asyncjobs/store/limit_engine.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE LimitEngine::LimitEngine(LimitPort& port, std::span<const Limit> limits,
                                          const ClaimRequest& request, Timestamp now,
                                          std::size_t look)
    : port_(port), limits_(limits, request.limits, request.worker), request_(request), now_(now),
      look_(look) {}

ASYNCJOBS_INLINE void LimitEngine::claim(Exchange& result) {
    constexpr int most_rounds = 12;
    open_ = port_.begin(buckets_);
    back_ = std::max(now_, port_.back_of_queue());
    read({}, {});
    bool is_more = true;
    for (int round = 0; is_more && round < most_rounds; ++round) {
        const auto wanted = request_.limit - result.claimed.size();
        if (wanted == 0 || throttled_ >= (result.claimed.empty() ? enough_in_vain : enough)) break;
        const auto count = throttled_ == 0
                               ? std::min(wanted, look_ << 2 * round)
                               : std::max(look_, std::min(2 * throttled_, enough_in_vain));
        looked_at_ += count;
        admitted_each_ = admitted_per_bucket(wanted);
        is_more = run_round(count, result);
    }
    save();
    if (result.claimed.size() < request_.limit)
        result.next_due_in = is_more ? Duration::zero() : port_.next_due(limits_);
}

ASYNCJOBS_INLINE void LimitEngine::read(std::span<LimitCandidate> jobs,
                                        const std::set<std::string>& names) {
    if (!jobs.empty() || !names.empty()) port_.read(jobs, names, buckets_);
    for (const auto& [name, bucket] : buckets_)
        if (bucket.is_read) stored_.try_emplace(name, Stored::of(bucket));
}

/// Returns false if no candidate is left.
ASYNCJOBS_INLINE bool LimitEngine::run_round(std::size_t most_due, Exchange& result) {
    auto admitted = open_buckets();
    most_due += std::exchange(early_, 0); // they are found again
    auto jobs = port_.find_due(most_due, back_, admitted);
    const bool is_all = has_seen_due_ = jobs.size() < most_due;
    std::ranges::move(admitted, std::back_inserter(parked_));
    merge_parked(jobs, is_all);
    auto wanted = request_.limit - result.claimed.size();
    for (LimitCandidate& job : jobs) {
        if (wanted == 0) break;
        decide(job, result);
        if (job.decision == LimitCandidate::Decision::start)
            --wanted;
        else if (job.is_due)
            ++(job.decision == LimitCandidate::Decision::none ? early_ : throttled_);
    }
    std::ranges::move(port_.apply(jobs), std::back_inserter(result.claimed));
    return !is_all || !open_.empty() || !parked_.empty();
}

/// How many jobs of an owner may be admitted: one while another owner's turn may come before the
/// second; or else as many as there is room for of each owner.
ASYNCJOBS_INLINE std::size_t LimitEngine::admitted_per_bucket(std::size_t wanted) const {
    const auto is_in_turn = [&](const std::string& name) {
        const Limit* limit = limits_.limit_of(name);
        return limit && limit->round_robin;
    };
    const bool stands_in_queue = std::ranges::any_of(buckets_, [&](const auto& entry) {
        return !entry.second.admitted.empty() && is_in_turn(entry.first);
    });
    if (!has_seen_due_ || stands_in_queue) return 1;
    const auto owners = static_cast<std::size_t>(std::ranges::count_if(open_, is_in_turn));
    return std::max<std::size_t>(1, wanted / std::max<std::size_t>(1, owners));
}

/// Returns the parked jobs that open buckets admit now. Round-robin buckets admit their jobs in the
/// jobs' queues instead.
ASYNCJOBS_INLINE std::vector<LimitCandidate> LimitEngine::open_buckets() {
    constexpr std::size_t more_than_wanted = 64; // buckets are read in no order
    std::vector<LimitCandidate> found;
    if (open_.empty()) return found;
    std::set<std::string> names;
    for (const std::string& name : open_)
        if (limits_.limit_of(name)) names.insert(name);
    read({}, names);
    std::erase_if(parked_, [&](const auto& job) { return names.contains(job.mark.waits_in); });
    std::erase_if(open_, [&](const std::string& name) { return names.erase(name) == 0; });

    const auto most = request_.limit + more_than_wanted;
    auto next = open_.begin();
    while (next != open_.end() && found.size() < most) {
        std::vector<OpenBucket> some;
        for (std::size_t count = found.size(); next != open_.end() && count < most; ++next) {
            const auto slots = std::min(
                free_slots(*limits_.limit_of(*next), buckets_[*next], now_, admitted_each_),
                request_.limit);
            count += slots;
            if (slots > 0) some.push_back({.name = std::move(*next), .count = slots});
        }
        if (some.empty()) continue;
        port_.find_parked(some);
        for (OpenBucket& one : some) admit_parked(one, found);
        admit_in_turn(some);
    }
    open_.erase(open_.begin(), next);
    return found;
}

ASYNCJOBS_INLINE void LimitEngine::admit_parked(OpenBucket& open,
                                                std::vector<LimitCandidate>& found) {
    LimitBucket& bucket = buckets_[open.name];
    if (open.parked.size() < open.count) {
        bucket.has_waiting = false;
        still_open_.insert(open.name);
    }
    if (limits_.limit_of(open.name)->round_robin) return;
    std::ranges::move(open.parked, std::back_inserter(found));
    open.parked.clear();
}

/// Admits the jobs of round-robin buckets to the backs of their queues: the first job of each, then
/// the second of each.
ASYNCJOBS_INLINE void LimitEngine::admit_in_turn(std::span<OpenBucket> buckets) {
    std::size_t turns = 0;
    for (const OpenBucket& open : buckets) turns = std::max(turns, open.parked.size());
    std::vector<LimitCandidate> admitted;
    for (std::size_t turn = 0; turn < turns; ++turn)
        for (OpenBucket& open : buckets) {
            if (turn >= open.parked.size()) continue;
            LimitCandidate& job = admitted.emplace_back(std::move(open.parked[turn]));
            job.decision = LimitCandidate::Decision::queue;
            job.next = {.admitted_by = open.name, .reported = job.mark.reported};
            job.run_at = next_back();
            buckets_[open.name].admitted.insert(job.id);
        }
    if (!admitted.empty()) port_.apply(admitted);
}

/// Adds to the due jobs those parked ones whose place is before the last due job: others come after
/// due jobs that were not read yet. Finds the limits of all, and sorts them.
ASYNCJOBS_INLINE void LimitEngine::merge_parked(std::vector<LimitCandidate>& jobs, bool is_all) {
    std::set<JobId> due;
    for (LimitCandidate& job : jobs) {
        job.is_due = true;
        due.insert(job.id);
    }
    std::erase_if(parked_, [&](const LimitCandidate& job) { return due.contains(job.id); });
    std::ranges::move(std::exchange(parked_, {}), std::back_inserter(jobs));
    for (LimitCandidate& job : jobs)
        job.limits = limits_.of(job.type, job.queue, job.owner, job.limit_key);
    read(jobs, {});
    const auto& queues = request_.queues;
    std::ranges::sort(jobs, {}, [&](const LimitCandidate& job) {
        return std::tuple(std::ranges::find(queues, job.queue), job.queued_at, std::cref(job.id));
    });
    if (is_all) return;
    const auto last =
        std::find_if(jobs.rbegin(), jobs.rend(), [](const auto& job) { return job.is_due; }).base();
    parked_.assign(std::move_iterator(last), std::move_iterator(jobs.end()));
    jobs.erase(last, jobs.end());
}

ASYNCJOBS_INLINE void LimitEngine::decide(LimitCandidate& job, Exchange& result) {
    // Within the claim, jobs are due a little early if they were admitted to the back of a queue.
    if (job.is_due && job.mark.empty() && job.queued_at > now_) return;
    const auto bucket = [this](const std::string& name) -> LimitBucket& { return buckets_[name]; };
    const auto refused = admit(job, job.limits, bucket, now_, [this] { return next_back(); });
    if (refused) return hold_back(job, *refused, result);
    job.decision = LimitCandidate::Decision::start;
    leave_admitting(job);
}

ASYNCJOBS_INLINE void LimitEngine::hold_back(LimitCandidate& job, const LimitRefusal& refused,
                                             Exchange& result) {
    const std::string &limit = refused.by.limit->name, &bucket = refused.by.bucket;
    job.next.reported = job.mark.reported;
    if (("=" + job.mark.reported).find("=" + limit + "=") == std::string::npos) {
        job.next.reported += limit + "=";
        result.throttled.push_back({job.id, job.type, job.queue, job.created_at, limit});
    }
    leave_admitting(job);
    if (!job.mark.waits_in.empty() && job.mark.waits_in != bucket)
        open_.push_back(job.mark.waits_in);
    job.run_at = refused.run_at.value_or(never_due);
    if (refused.state == LimitRefusal::State::admitted) {
        job.decision = LimitCandidate::Decision::queue;
        job.next.admitted_by = bucket;
    } else {
        job.decision = LimitCandidate::Decision::park;
        job.next.waits_in = bucket;
    }
}

/// If a bucket had admitted the job, opens the bucket for another one.
ASYNCJOBS_INLINE void LimitEngine::leave_admitting(const LimitCandidate& job) {
    const std::string& name = job.mark.admitted_by;
    if (name.empty()) return;
    buckets_[name].admitted.erase(job.id);
    open_.push_back(name);
}

/// Returns when to look at the bucket for a free slot again.
ASYNCJOBS_INLINE Timestamp LimitEngine::due_at(const Limit& limit, LimitBucket& bucket) const {
    if (!bucket.has_waiting) return never_due;
    if (limit.rate > 0) {
        const Timestamp next = next_start(limit, bucket, now_);
        if (next > now_) return next;
    }
    return free_slots(limit, bucket, now_) > 0 ? now_ : never_due;
}

ASYNCJOBS_INLINE void LimitEngine::save() {
    // Jobs may be parked in queues that other workers serve.
    if (!still_open_.empty()) port_.find_waiting(still_open_, buckets_);
    for (auto& [name, bucket] : buckets_) {
        const Limit* limit = limits_.limit_of(name);
        const auto stored = stored_.find(name);
        const bool is_stored = stored != stored_.end();
        if (!limit || (!is_stored && (limit->rate > 0 || limit->round_robin))) continue;
        bucket.due_at = due_at(*limit, bucket);
        // Since the clock was set back a little, this claim has not looked at it.
        const Timestamp was_due_at = is_stored ? stored->second.due_at : never_due;
        if (bucket.due_at == now_ && was_due_at > now_ && was_due_at <= now_ + clock_tolerance)
            bucket.due_at = was_due_at;
        if (Stored::of(bucket) != (is_stored ? stored->second : Stored{})) port_.save(name, bucket);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
