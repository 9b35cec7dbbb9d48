#pragma once

#include <asyncjobs/detail/memory_index.hpp>
#include <asyncjobs/store/count.hpp>
#include <asyncjobs/store/job_wait.hpp>
#include <asyncjobs/store/store_changes.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The limits of a MemoryJobStore, their buckets, and the marks of its jobs.
class MemoryLimits {
public:
    using Place = std::pair<Timestamp, JobId>; ///< in a queue

    std::vector<Limit> limits() const {
        std::vector<Limit> all;
        for (const auto& [name, limit] : limits_) all.push_back(limit);
        return all;
    }

    /// Whether no limit is set, and no job has a mark or holds a slot.
    bool are_unused() const noexcept { return limits_.empty() && jobs_.empty(); }

    /// Returns the jobs that were parked by the limit that this replaces, by their places.
    std::vector<Place> set(const Limit& limit) {
        std::vector<Place> parked;
        const auto known = limits_.find(limit.name);
        if (known != limits_.end() && known->second == limit) return parked;
        limits_.erase(limit.name);
        if (is_limiting(limit)) limits_.emplace(limit.name, limit);
        if (changed_) changed_->limits.insert(limit.name);
        const LimitsOfClaim changed({&limit, 1}, {}, {});
        for (auto& [name, bucket] : buckets_) {
            if (!changed.limit_of(name)) continue;
            for (const auto& [queue, places] : bucket.parked) {
                parked.insert(parked.end(), places.begin(), places.end());
                parked_in_[queue] -= places.size();
            }
            for (const JobId& id : bucket.admitted) {
                jobs_.erase(id);
                touch(id);
            }
            set_due(name, bucket, never_due);
            bucket.parked.clear();
            static_cast<StoredBucket&>(bucket) = {{.held = bucket.held}};
        }
        for (const auto& [queued_at, id] : parked) jobs_.erase(id);
        return parked;
    }

    /// Returns the buckets that are due, earliest first.
    std::vector<std::string> due(Timestamp now) const {
        std::vector<std::string> names;
        for (const auto& [due_at, name] : by_due_) {
            if (due_at > now) break;
            names.push_back(name);
        }
        return names;
    }

    std::optional<Timestamp> next_due(const LimitsOfClaim& limits, Timestamp now) const {
        for (auto next = by_due_.upper_bound({now, std::string()}); next != by_due_.end(); ++next)
            if (next->first > now && limits.limit_of(next->second)) return next->first;
        return std::nullopt;
    }

    void read(const std::string& name, LimitBuckets& out) const {
        StoredBucket& read = out[name];
        if (read.is_read) return;
        if (const auto found = buckets_.find(name); found != buckets_.end()) read = found->second;
        read.has_waiting = has_parked(name);
        read.is_read = true;
    }

    void save(const std::string& name, const StoredBucket& saved) {
        Bucket& bucket = buckets_[name];
        bucket.next_at = saved.next_at;
        bucket.served_at = saved.served_at;
        set_due(name, bucket, saved.due_at);
        if (changed_) changed_->buckets.insert(name);
    }

    /// Whether the pending job has a mark.
    bool holds_back(const JobId& id) const { return jobs_.contains(id); }

    /// Whether the pending job waits in a bucket, and has not been admitted.
    bool is_parked(const JobId& id) const {
        const auto known = jobs_.find(id);
        return known != jobs_.end() && !known->second.mark.waits_in.empty();
    }

    /// Returns how many jobs of the queue are parked.
    std::size_t parked_in(std::string_view queue) const {
        const auto known = parked_in_.find(queue);
        return known == parked_in_.end() ? 0 : known->second;
    }

    /// What a parked job waits for; empty for any other (impl/memory_wait.ipp).
    std::optional<LimitWait> wait_of(const JobId& id, Timestamp now) const;

    bool has_parked(const std::string& name) const {
        const auto found = buckets_.find(name);
        return found != buckets_.end() && !found->second.parked.empty();
    }

    /// Returns up to `count` jobs that are parked in the bucket, by their places in these queues.
    std::vector<Place> parked(const std::string& name, std::span<const std::string> queues,
                              std::size_t count) const {
        std::vector<Place> first;
        const auto bucket = buckets_.find(name);
        if (bucket == buckets_.end()) return first;
        for (const std::string& queue : queues) {
            const auto places = bucket->second.parked.find(queue);
            if (places == bucket->second.parked.end()) continue;
            const auto middle = static_cast<std::ptrdiff_t>(first.size());
            std::ranges::copy_n(places->second.begin(),
                                static_cast<std::ptrdiff_t>(std::min(count, places->second.size())),
                                std::back_inserter(first));
            std::inplace_merge(first.begin(), first.begin() + middle, first.end());
            first.resize(std::min(first.size(), count));
        }
        return first;
    }

    /// Sets the mark of the job, and where it is parked its place.
    void complete(LimitCandidate& job) const {
        const auto known = jobs_.find(job.id);
        if (known == jobs_.end()) return;
        job.mark = known->second.mark;
        if (!job.mark.waits_in.empty()) job.queued_at = known->second.queued_at;
    }

    /// See LimitPort::back_of_queue().
    Timestamp back_of_queue() const noexcept { return back_; }

    /// The job has started, or waits: see LimitPort::apply().
    void mark(const LimitCandidate& job) {
        release(job.id);
        Held held{job.next, job.queue, job.queued_at, {}};
        if (job.decision == LimitCandidate::Decision::start) {
            for (const LimitedBy& by : job.limits) {
                if (by.limit->concurrency == 0) continue;
                take_slot(by.bucket, job.id);
                held.slots.push_back(by.bucket);
            }
            if (held.slots.empty()) return;
        } else if (job.decision == LimitCandidate::Decision::park) {
            buckets_[job.next.waits_in].parked[job.queue].emplace(job.queued_at, job.id);
        } else {
            buckets_[job.next.admitted_by].admitted.insert(job.id);
            back_ = std::max(back_, job.run_at);
        }
        keep(job.id, std::move(held));
    }

    /// The job has ended its run, or changed: it holds no slot, and has no mark.
    void release(const JobId& id) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return;
        const Held held = std::move(found->second);
        jobs_.erase(found);
        for (const std::string& name : held.slots) {
            Bucket& bucket = buckets_[name];
            bucket.holders.erase(id);
            bucket.held = bucket.holders.size();
            make_due(name);
        }
        if (const std::string& name = held.mark.admitted_by; !name.empty()) {
            buckets_[name].admitted.erase(id);
            make_due(name);
        }
        if (const std::string& name = held.mark.waits_in; !name.empty()) {
            auto& parked = buckets_[name].parked;
            const auto places = parked.find(held.queue);
            places->second.erase({held.queued_at, id});
            if (places->second.empty()) parked.erase(places);
            --parked_in_[held.queue];
            make_due(name);
        }
    }

    /// From now on, take_changes() returns what has changed.
    void record_changes() { changed_.emplace(); }
    void forget_changes() {
        if (changed_) changed_.emplace();
    }

    /// Adds jobs whose marks have changed to `jobs`.
    void take_changes(StoreChanges& changes, std::set<JobId>& jobs) {
        jobs.merge(changed_->jobs);
        for (const std::string& name : changed_->limits) {
            const auto limit = limits_.find(name);
            changes.limits.push_back(limit == limits_.end() ? Limit{.name = name} : limit->second);
        }
        for (const std::string& name : changed_->buckets)
            if (const auto found = buckets_.find(name); found != buckets_.end()) {
                const Bucket& bucket = found->second;
                changes.buckets.push_back({name, bucket.next_at, bucket.due_at, bucket.served_at});
            }
        changed_.emplace();
    }

    void restore(const BucketRecord& stored) {
        Bucket& bucket = buckets_[stored.name];
        bucket.next_at = stored.next_at;
        bucket.served_at = stored.served_at;
        set_due(stored.name, bucket, stored.due_at);
    }

    /// Writes the members of limits.
    void write(JobRecord& job) const {
        const auto known = jobs_.find(job.id);
        if (known == jobs_.end()) return;
        job.mark = known->second.mark;
        job.parked_place = known->second.queued_at;
        job.slots = known->second.slots;
    }

    void restore(const JobRecord& job) {
        release(job.id);
        if (job.mark.empty() && job.slots.empty()) return;
        for (const std::string& name : job.slots) take_slot(name, job.id);
        if (!job.mark.waits_in.empty()) park(job);
        if (!job.mark.admitted_by.empty()) {
            buckets_[job.mark.admitted_by].admitted.insert(job.id);
            back_ = std::max(back_, job.place);
        }
        keep(job.id, {job.mark, job.queue, job.parked_place, job.slots});
    }

    /// The clock was set back by `by`: parked jobs keep their places before new ones.
    void follow_clock(Duration by, Timestamp now) {
        const auto follow = [&](Timestamp& time) {
            if (time > now) time -= by;
        };
        follow(back_);
        for (auto& [id, held] : jobs_) {
            follow(held.queued_at);
            touch(id);
        }
        for (auto& [name, bucket] : buckets_) {
            for (auto& [queue, places] : bucket.parked) {
                Places moved;
                for (auto [queued_at, id] : places) {
                    follow(queued_at);
                    moved.emplace(queued_at, id);
                }
                places = std::move(moved);
            }
            make_due(name);
        }
    }

    /// Of buckets that were not used lately.
    void forget_idle(Timestamp now) {
        for (auto next = buckets_.begin(); next != buckets_.end();) {
            Bucket& bucket = next->second;
            const bool is_used = bucket.held > 0 || !bucket.admitted.empty() ||
                                 !bucket.parked.empty() || bucket.next_at >= now ||
                                 bucket.served_at >= now;
            if (!is_used) set_due(next->first, bucket, never_due);
            next = is_used ? std::next(next) : buckets_.erase(next);
        }
    }

private:
    using Places = std::set<Place>;
    struct Bucket : StoredBucket {
        ByName<Places> parked = {};   ///< by queue; none is empty
        std::set<JobId> holders = {}; ///< of the slots
    };
    struct Held {
        LimitMark mark = {};
        std::string queue = {};
        Timestamp queued_at = {};
        std::vector<std::string> slots = {}; ///< buckets in which a processing job counts
    };

    static Count parked_before(const Bucket& bucket, const Place& place);

    void touch(const JobId& id) {
        if (changed_) changed_->jobs.insert(id);
    }

    /// The job has no mark yet.
    void keep(const JobId& id, Held held) {
        if (!held.mark.waits_in.empty()) ++parked_in_[held.queue];
        jobs_.insert_or_assign(id, std::move(held));
    }

    void take_slot(const std::string& name, const JobId& id) {
        Bucket& bucket = buckets_[name];
        bucket.holders.insert(id);
        bucket.held = bucket.holders.size();
    }

    void set_due(const std::string& name, Bucket& bucket, Timestamp due_at) {
        if (bucket.due_at == due_at) return;
        if (bucket.due_at != never_due) by_due_.erase({bucket.due_at, name});
        if (due_at != never_due) by_due_.emplace(due_at, name);
        bucket.due_at = due_at;
    }

    /// The bucket may have been empty, and not due, since release().
    void park(const JobRecord& job) {
        const std::string& name = job.mark.waits_in;
        buckets_[name].parked[job.queue].emplace(job.parked_place, job.id);
        make_due(name);
    }

    /// If jobs are parked in the bucket.
    void make_due(const std::string& name) {
        Bucket& bucket = buckets_[name];
        set_due(name, bucket, bucket.parked.empty() ? never_due : Timestamp{});
    }

    ByName<Limit> limits_;
    ByName<Bucket> buckets_;
    std::set<std::pair<Timestamp, std::string>> by_due_;
    std::unordered_map<JobId, Held> jobs_;
    ByName<std::size_t> parked_in_; ///< jobs, by queue
    struct Changed {
        std::set<std::string> limits, buckets;
        std::set<JobId> jobs;
    };
    std::optional<Changed> changed_; ///< empty: not recorded
    Timestamp back_ = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
