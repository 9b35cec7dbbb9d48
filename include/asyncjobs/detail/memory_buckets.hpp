#pragma once

#include <asyncjobs/detail/memory_index.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/limit_buckets.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The limits of a MemoryJobStore, and who holds and waits for what they allow.
class MemoryBuckets {
public:
    /// A job that waited and is due again, in this place of its queue.
    struct Call {
        JobId id;
        Timestamp queued_at;
    };

    std::vector<Limit> limits() const {
        std::vector<Limit> all;
        for (const auto& [name, limit] : limits_) all.push_back(limit);
        return all;
    }

    /// Each job that waits for it is admitted, and put back in its bucket if it still has to wait.
    void set(const Limit& limit) {
        const auto known = limits_.find(limit.name);
        if (known != limits_.end() && known->second == limit) return;
        limits_.erase(limit.name);
        if (is_limiting(limit)) limits_.emplace(limit.name, limit);
        for (auto& [name, bucket] : buckets_) {
            if (bucket.limit.name != limit.name || bucket.of_worker) continue;
            for (const auto& [queue, waiting] : bucket.waiting) readmit_all(waiting);
            for (const JobId& id : bucket.admitted) jobs_.erase(id);
            bucket.waiting.clear();
            static_cast<LimitBucket&>(bucket) = {.held = bucket.held};
            bucket.limit = limit;
        }
    }

    /// The jobs that waited for what is free now, in these queues: the first of each bucket, and
    /// the next one when that has started.
    std::vector<Call> call(std::span<const std::string> queues, Timestamp now) {
        open_by_time(now);
        for (auto next = open_.begin(); next != open_.end();) {
            Bucket& bucket = buckets_[*next];
            const bool may_start =
                bucket.admitted.empty() && free_slots(bucket.limit, bucket, now) > 0;
            const bool waits_elsewhere = may_start && !admit_oldest(bucket, queues, now);
            if (bucket.limit.rate > 0 && bucket.has_waiting && !may_start) {
                const Timestamp time = asyncjobs::next_start(bucket.limit, bucket, now);
                if (time > now) by_time_.emplace(time, *next);
            }
            next = waits_elsewhere ? std::next(next) : open_.erase(next);
        }
        return std::exchange(calls_, {});
    }

    /// Jobs that were admitted since the last call of this and not claimed: they wait again, so
    /// that jobs of other queues can come instead. A job that was admitted to its turn keeps it.
    /// Returns when they are due.
    std::vector<Call> take_admitted() {
        std::vector<Call> waiting;
        for (const JobId& id : std::exchange(admitted_now_, {})) {
            if (!has_admitted(id)) continue;
            const Member& member = jobs_.at(id);
            Bucket& bucket = buckets_.at(member.waits_in);
            if (bucket.limit.round_robin) continue;
            bucket.admitted.erase(id);
            bucket.waiting[member.queue].emplace(member.queued_at, id);
            bucket.has_waiting = true;
            open_.insert(member.waits_in);
            waiting.push_back({id, member.due_at});
        }
        return waiting;
    }

    /// When a rate may permit the next start of a job that waits in these queues.
    std::optional<Timestamp> next_start(std::span<const std::string> queues) const {
        for (const auto& [time, name] : by_time_) {
            const auto bucket = buckets_.find(name);
            const auto waits = [&](const std::string& queue) {
                return bucket->second.waiting.contains(queue);
            };
            if (bucket != buckets_.end() && std::ranges::any_of(queues, waits)) return time;
        }
        return std::nullopt;
    }

    /// Whether no limit is set, and no job holds a place or waits for one.
    bool are_unused() const { return limits_.empty() && jobs_.empty() && calls_.empty(); }

    /// The limits of a claim; it borrows them from this.
    LimitsOfClaim of_claim(const ClaimRequest& request) {
        all_ = limits();
        return LimitsOfClaim(all_, request.limits, request.worker);
    }

    struct Refused {
        LimitRefusal refusal;
        bool is_news; ///< this limit had not held the job back before
    };

    /// See asyncjobs::admit(). One that is refused waits, and is known here.
    std::optional<Refused> admit(const Job& job, Timestamp queued_at, const LimitsOfClaim& limits,
                                 Timestamp now) {
        const auto under = limits.of(job.type, job.queue, job.owner, job.limit_key);
        if (under.empty()) {
            leave(job.id); // it may have waited for another worker
            return std::nullopt;
        }
        for (const LimitedBy& by : under) {
            Bucket& bucket = buckets_[by.bucket];
            bucket.limit = *by.limit;
            bucket.of_worker = by.of_worker;
        }
        Member member = {.queue = job.queue, .queued_at = queued_at};
        if (const auto known = jobs_.find(job.id); known != jobs_.end()) {
            member.reported = std::move(known->second.reported);
            // It may be due only because it may be taken by another worker.
            if (waits(known->second, job.id)) member.queued_at = known->second.queued_at;
        }
        const auto bucket_of = [this](const std::string& name) -> LimitBucket& {
            return buckets_[name];
        };
        const auto back = [&] { return back_of_queue(now); };
        auto refused = asyncjobs::admit({job.id, member.queued_at}, under, bucket_of, now, back);
        const bool is_its_turn = refused && refused->state == LimitRefusal::State::admitted;
        leave(job.id, is_its_turn ? refused->by.bucket : std::string());
        if (!refused) {
            for (const LimitedBy& by : under)
                if (by.limit->concurrency > 0) member.holds.push_back(by.bucket);
            if (!member.holds.empty()) jobs_.insert_or_assign(job.id, std::move(member));
            for (const LimitedBy& by : under) open_.insert(by.bucket);
            return std::nullopt;
        }
        member.waits_in = refused->by.bucket;
        member.due_at = refused->run_at.value_or(never_due);
        const bool is_news = member.reported.insert(refused->by.limit->name).second;
        Bucket& bucket = buckets_[refused->by.bucket];
        if (refused->state == LimitRefusal::State::waiting) {
            bucket.waiting[job.queue].emplace(member.queued_at, job.id);
            open_.insert(refused->by.bucket);
        }
        bucket.has_waiting = !bucket.waiting.empty();
        jobs_.insert_or_assign(job.id, std::move(member));
        return Refused{*std::move(refused), is_news};
    }

    /// It holds no place any more, nor waits for one.
    void release(const JobId& id) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return;
        for (const std::string& name : std::exchange(found->second.holds, {})) {
            --buckets_[name].held;
            open_.insert(name);
        }
        leave(id);
    }

    /// Whether the job is pending because a bucket has admitted it.
    bool has_admitted(const JobId& id) const {
        const auto member = jobs_.find(id);
        if (member == jobs_.end()) return false;
        const auto bucket = buckets_.find(member->second.waits_in);
        return bucket != buckets_.end() && bucket->second.admitted.contains(id);
    }

    /// The clock was set back by `by`: a job that waits keeps its place before new ones.
    void follow_clock(Duration by, Timestamp now) {
        const auto follow = [&](Timestamp& time) {
            if (time > now) time -= by;
        };
        follow(back_);
        for (auto& [id, member] : jobs_) {
            follow(member.queued_at);
            if (member.due_at != never_due) follow(member.due_at);
        }
        for (auto& [name, bucket] : buckets_)
            for (auto& [queue, waiting] : bucket.waiting) {
                Waiting moved;
                for (auto [queued_at, id] : waiting) {
                    follow(queued_at);
                    moved.emplace(queued_at, id);
                }
                waiting = std::move(moved);
            }
    }

    /// Of buckets that were not used lately.
    void forget_idle(Timestamp now) {
        for (auto next = buckets_.begin(); next != buckets_.end();) {
            const Bucket& bucket = next->second;
            const bool is_used = bucket.held > 0 || !bucket.admitted.empty() ||
                                 !bucket.waiting.empty() || bucket.next_at >= now ||
                                 bucket.served_at >= now;
            if (!is_used) open_.erase(next->first);
            next = is_used ? std::next(next) : buckets_.erase(next);
        }
    }

private:
    using Waiting = std::set<std::pair<Timestamp, JobId>>; ///< by their place in the queue
    struct Bucket : LimitBucket {
        Limit limit;
        bool of_worker = false;
        std::map<std::string, Waiting, std::less<>> waiting; ///< by queue; none is empty
    };
    struct Member {
        std::vector<std::string> holds = {};
        std::string waits_in = {}; ///< or is admitted by
        std::string queue = {};
        Timestamp queued_at = {};
        Timestamp due_at = never_due;        ///< while it waits
        std::set<std::string> reported = {}; ///< limits that have held it back
    };

    Timestamp back_of_queue(Timestamp now) { return back_ = std::max(now, back_) + Duration{1}; }

    bool waits(const Member& member, const JobId& id) const {
        const auto bucket = buckets_.find(member.waits_in);
        if (bucket == buckets_.end()) return false;
        const auto of_queue = bucket->second.waiting.find(member.queue);
        return of_queue != bucket->second.waiting.end() &&
               of_queue->second.contains({member.queued_at, id});
    }

    /// Those that have waited for the time, or for more than it can be if the clock was set back.
    void open_by_time(Timestamp now) {
        const bool was_set_back = now < std::exchange(latest_, now);
        while (!by_time_.empty() && (was_set_back || by_time_.begin()->first <= now)) {
            open_.insert(by_time_.begin()->second);
            by_time_.erase(by_time_.begin());
        }
    }

    /// Waits in no bucket any longer. The one that has admitted it, unless it is `caller`, calls
    /// another.
    void leave(const JobId& id, const std::string& caller = {}) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return;
        const Member member = std::move(found->second);
        jobs_.erase(found);
        const auto waits_in = buckets_.find(member.waits_in);
        if (waits_in == buckets_.end()) return;
        Bucket& bucket = waits_in->second;
        take_out(bucket, member.queue, {member.queued_at, id});
        if (member.waits_in != caller) bucket.admitted.erase(id);
        open_.insert(member.waits_in);
    }

    static void take_out(Bucket& bucket, const std::string& queue, const Waiting::value_type& who) {
        const auto waiting = bucket.waiting.find(queue);
        if (waiting == bucket.waiting.end()) return;
        waiting->second.erase(who);
        if (waiting->second.empty()) bucket.waiting.erase(waiting);
        bucket.has_waiting = !bucket.waiting.empty();
    }

    bool admit_oldest(Bucket& bucket, std::span<const std::string> queues, Timestamp now) {
        auto oldest = bucket.waiting.end();
        for (const std::string& queue : queues) {
            const auto waiting = bucket.waiting.find(queue);
            if (waiting == bucket.waiting.end()) continue;
            const bool is_older = oldest == bucket.waiting.end() ||
                                  *waiting->second.begin() < *oldest->second.begin();
            if (is_older) oldest = waiting;
        }
        if (oldest == bucket.waiting.end()) return false;
        const auto who = *oldest->second.begin();
        take_out(bucket, std::string(oldest->first), who);
        bucket.admitted.insert(who.second);
        admitted_now_.push_back(who.second);
        calls_.push_back({who.second, bucket.limit.round_robin ? back_of_queue(now) : who.first});
        return true;
    }

    void readmit_all(const Waiting& waiting) {
        for (const auto& [queued_at, id] : waiting) {
            jobs_.erase(id);
            calls_.push_back({id, queued_at});
        }
    }

    std::map<std::string, Limit, std::less<>> limits_;
    std::vector<Limit> all_;
    std::map<std::string, Bucket> buckets_;
    std::set<std::string> open_; ///< buckets that may have to admit a job
    /// Lines in which jobs wait for a rate, by when it may let one start.
    std::set<std::pair<Timestamp, std::string>> by_time_;
    Timestamp latest_ = {};
    std::unordered_map<JobId, Member> jobs_;
    std::vector<Call> calls_;
    std::vector<JobId> admitted_now_; ///< since the last take_admitted()
    Timestamp back_ = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
