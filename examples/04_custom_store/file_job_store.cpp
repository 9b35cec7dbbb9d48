#include "file_job_store.hpp"

#include "job_record.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

using namespace asyncjobs;

template <typename Act>
auto FileJobStore::transact(Act act) {
    const std::lock_guard guard(mutex_);
    const Journal::Lock lock(journal_);
    try {
        read();
        const auto now = clock_();
        follow_clock(now);
        auto result = act(now);
        write();
        return result;
    } catch (...) {
        // What is in memory may be ahead of the file: start over from the file.
        jobs_.clear();
        tombstones_.clear();
        used_fence_ = 0;
        limits_ = {};
        paused_.clear();
        to_write_.clear();
        write_paused_ = false;
        journal_.rewind();
        throw;
    }
}

void FileJobStore::read() {
    for (const auto& line : journal_.read_new()) {
        const auto value = boost::json::parse(line);
        for (const auto& record : value.at("jobs").as_array()) {
            JobRecord job = from_record(record);
            const JobId id = job.id;
            jobs_.insert_or_assign(id, std::move(job));
        }
        for (const auto& gone : value.at("gone").as_array())
            jobs_.erase(JobId::parse(std::string(gone.as_string())).value());
        if (const auto* tombstones = value.as_object().if_contains("tombstones"))
            for (const auto& [id, tombstone] : tombstones->as_object())
                tombstones_.insert_or_assign(
                    JobId::parse(std::string(id)).value(),
                    Tombstone{std::string(tombstone.at("owner").as_string()),
                              Timestamp{Duration{tombstone.at("until").as_int64()}}});
        if (const auto* used = value.as_object().if_contains("used_fence"))
            used_fence_ = used->as_int64();
        limits_.read_changes(value.as_object());
        if (const auto* queues = value.as_object().if_contains("paused")) {
            paused_.clear();
            for (const auto& queue : queues->as_array()) paused_.emplace(queue.as_string());
        }
    }
}

void FileJobStore::write() {
    if (to_write_.empty() && !write_paused_ && !limits_.has_changes()) return;
    boost::json::array jobs, gone;
    boost::json::object tombstones;
    for (const auto& id : to_write_) {
        if (const JobRecord* job = find(id)) {
            jobs.push_back(to_record(*job));
            continue;
        }
        gone.emplace_back(id.text());
        if (const auto found = tombstones_.find(id); found != tombstones_.end())
            tombstones[id.text()] = {{"owner", found->second.owner},
                                     {"until", found->second.until.time_since_epoch().count()}};
    }
    boost::json::object line{{"jobs", std::move(jobs)}, {"gone", std::move(gone)}};
    if (line.at("gone").as_array().size() > 0) line["used_fence"] = used_fence_;
    if (!tombstones.empty()) line["tombstones"] = std::move(tombstones);
    if (write_paused_) line["paused"] = boost::json::array(paused_.begin(), paused_.end());
    if (limits_.has_changes()) limits_.write_changes(line);
    journal_.append(boost::json::serialize(line));
    to_write_.clear();
    write_paused_ = false;
}

/// Nothing is changed, nor a lease given, in the future, but before the clock was set back.
void FileJobStore::follow_clock(Timestamp now) {
    auto latest = now;
    for (const auto& [id, job] : jobs_) {
        latest = std::max(latest, job.updated_at);
        if (job.lease_expires_at) latest = std::max(latest, *job.lease_expires_at - job.lease_for);
    }
    const Duration by = latest - now;
    if (by <= clock_tolerance) return;
    for (auto& [id, job] : jobs_)
        if (asyncjobs::follow_clock(job, job.lease_for, by, now)) to_write_.insert(id);
    clock_notices_.push_back({ClockNotice::Kind::set_back, by});
}

std::vector<ClockNotice> FileJobStore::take_clock_notices() {
    const std::lock_guard guard(mutex_);
    return std::exchange(clock_notices_, {});
}

JobRecord* FileJobStore::find(const JobId& id) {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

JobRecord* FileJobStore::key_holder(const std::string& key) {
    for (auto& [id, job] : jobs_)
        if (!is_finished(job.status) && job.unique_key == key) return &job;
    return nullptr;
}

const Job* FileJobStore::first_of_key(const std::string& idempotency_key) {
    for (const auto& [id, job] : jobs_)
        if (job.idempotency_key == idempotency_key) return &job;
    return nullptr;
}

std::vector<JobRecord*> FileJobStore::select(std::function<bool(const Job&)> wanted) {
    std::vector<JobRecord*> found;
    for (auto& [id, job] : jobs_)
        if (wanted(job)) found.push_back(&job);
    return found;
}

/// It has been changed, and waits for no limit any more.
void FileJobStore::changed(JobRecord& job) {
    job.throttled_by.clear();
    to_write_.insert(job.id);
}

void FileJobStore::erase(const JobId& id) {
    to_write_.insert(id);
    used_fence_ = std::max(used_fence_, jobs_.at(id).fence);
    jobs_.erase(id);
}

bool FileJobStore::is_parent_of(const JobId& id, const JobId& child) {
    const JobRecord* job = find(child);
    return job && std::ranges::find(job->all_parents, id) != job->all_parents.end();
}

std::vector<Submitted> FileJobStore::submit(std::span<const NewJob> jobs) {
    return transact([&](Timestamp now) { return submit(jobs, now); });
}

std::vector<Submitted> FileJobStore::submit(std::span<const NewJob> jobs, Timestamp now) {
    std::vector<Submitted> results;
    Parents parents;
    for (const auto& job : jobs) {
        results.push_back(submit(job, parents.of(job), now));
        parents.submitted(job, results.back());
    }
    return results;
}

Submitted FileJobStore::conflict(JobRecord& holder, const NewJob& wanted,
                                 Submitted::Outcome outcome, Timestamp now) {
    if (transitions::replace(holder, wanted, now)) {
        changed(holder);
        outcome = Submitted::Outcome::replaced;
    }
    return {outcome, holder.id, holder.created_at};
}

Submitted FileJobStore::submit(const NewJob& wanted, std::vector<JobId> parents, Timestamp now) {
    using Outcome = Submitted::Outcome;
    if (JobRecord* same = find(wanted.id)) return conflict(*same, wanted, Outcome::id_exists, now);
    if (wanted.idempotency_key)
        if (const Job* first = first_of_key(*wanted.idempotency_key))
            return {Outcome::repeated, first->id, first->created_at};
    if (wanted.unique_key)
        if (JobRecord* holder = key_holder(*wanted.unique_key))
            return conflict(*holder, wanted, Outcome::key_taken, now);
    for (const auto& parent : parents)
        if (!find(parent)) return {Outcome::parent_missing, parent, {}};
    jobs_[wanted.id] = JobRecord{transitions::make_job(wanted, parents.size(), used_fence_, now),
                                 parents, parents};
    to_write_.insert(wanted.id);
    return {Submitted::Outcome::created, wanted.id, now};
}

Exchange FileJobStore::exchange(std::span<const Settlement> settlements,
                                const ClaimRequest& request) {
    validate(request);
    return transact([&](Timestamp now) {
        Exchange result;
        for (const auto& one : settlements) result.settled.push_back(settle(one, now));
        claim(request, now, result);
        result.needs_promotion = !finished_parents().empty();
        return result;
    });
}

Settled FileJobStore::settle(const Settlement& settlement, Timestamp now) {
    JobRecord* job = find(settlement.lease().id);
    if (!job) return {};
    const Settled settled = transitions::settle(*job, settlement, now);
    if (!settled.accepted) return settled;
    changed(*job);
    submit(settlement.follow_ups(), now);
    return settled;
}

void FileJobStore::claim(const ClaimRequest& request, Timestamp now, Exchange& result) {
    LimitedClaim limits(limits_, request, now);
    for (const auto& [id, job] : jobs_)
        if (job.status == JobStatus::processing) limits.count(job);
    for (const auto& queue : request.queues)
        if (!paused_.contains(queue)) claim(queue, request, limits, now, result);
    if (result.claimed.size() == request.limit) result.next_due_in.reset();
}

void FileJobStore::claim(const std::string& queue, const ClaimRequest& request,
                         LimitedClaim& limits, Timestamp now, Exchange& result) {
    // They come sorted by id; that stays the order among those of one place.
    std::multimap<Timestamp, JobRecord*> waiting;
    for (JobRecord* job : select([&](const Job& one) {
             return one.status == JobStatus::pending && one.queue == queue && one.blocked_by == 0;
         }))
        waiting.emplace(limits.place(*job), job);
    while (!waiting.empty() && result.claimed.size() < request.limit) {
        const auto [place, job] = *waiting.begin();
        waiting.erase(waiting.begin());
        const auto later = limits.place(*job);
        if (job->run_at > now) {
            const Duration wait = job->run_at - now;
            result.next_due_in = std::min(result.next_due_in.value_or(wait), wait);
        } else if (later > place) {
            waiting.emplace(later, job); // another of its owner has been served meanwhile
        } else if (const auto refused = limits.admit(*job)) {
            hold_back(*job, *refused, result);
            if (const auto wait = limits.wait(*refused); wait > Duration::zero())
                result.next_due_in = std::min(result.next_due_in.value_or(wait), wait);
        } else {
            transitions::claim(*job, request, now);
            changed(*job);
            result.claimed.push_back(claimed_job(*job, job->ahead));
        }
    }
}

void FileJobStore::hold_back(JobRecord& job, const LimitRefusal& refused, Exchange& result) {
    const std::string& limit = refused.by.limit->name;
    if (!job.throttled_by.insert(limit).second) return;
    result.throttled.push_back({job.id, job.type, job.queue, job.created_at, limit});
    to_write_.insert(job.id);
}

std::vector<Renewal> FileJobStore::renew(std::span<const Heartbeat> heartbeats,
                                         Duration lease_for) {
    check_lease_for(lease_for);
    return transact([&](Timestamp now) {
        std::vector<Renewal> results;
        for (const auto& heartbeat : heartbeats) {
            JobRecord* job = find(heartbeat.lease.id);
            results.push_back(job ? transitions::heartbeat(*job, heartbeat, lease_for, now)
                                  : Renewal{});
            if (results.back().kept) to_write_.insert(job->id);
        }
        return results;
    });
}

std::vector<ClaimedJob> FileJobStore::leases_of(std::string_view worker) {
    check_worker(worker);
    return transact([&](Timestamp) {
        std::vector<ClaimedJob> result;
        for (const JobRecord* job : select([&](const Job& one) {
                 return one.status == JobStatus::processing && one.worker == worker;
             }))
            result.push_back(claimed_job(*job, job->ahead));
        return result;
    });
}

std::vector<Rescued> FileJobStore::rescue(std::size_t limit, int crash_limit) {
    check_rescue(limit, crash_limit);
    return transact([&](Timestamp now) {
        std::vector<Rescued> result;
        auto lost = select([&](const Job& job) {
            return job.status == JobStatus::processing && job.lease_expires_at <= now;
        });
        std::ranges::stable_sort(lost, {}, &Job::lease_expires_at);
        for (JobRecord* job : lost) {
            if (result.size() == limit) break;
            transitions::expire_lease(*job, crash_limit, now);
            changed(*job);
            result.push_back({job->id, job->queue, job->status});
        }
        return result;
    });
}

std::set<JobId> FileJobStore::finished_parents() {
    std::set<JobId> finished;
    for (const auto& [child, job] : jobs_)
        for (const auto& id : job.open_parents)
            if (const Job* parent = find(id); parent && is_finished(parent->status))
                finished.insert(id);
    return finished;
}

std::vector<Promoted> FileJobStore::promote(std::size_t limit) {
    check_limit(limit);
    return transact([&](Timestamp now) {
        std::vector<Promoted> promoted;
        auto finished = finished_parents();
        // An empty result means that no job waits any more.
        while (promoted.empty() && limit > 0 && !finished.empty()) {
            while (finished.size() > limit) finished.erase(std::prev(finished.end()));
            promoted = promote(finished, now);
            finished = finished_parents();
        }
        return promoted;
    });
}

std::vector<Promoted> FileJobStore::promote(const std::set<JobId>& finished, Timestamp now) {
    std::vector<Promoted> result;
    for (auto& [child, job] : jobs_) {
        const Job* unsuccessful = nullptr;
        const auto counted = std::erase_if(job.open_parents, [&](const JobId& id) {
            if (!finished.contains(id)) return false;
            if (const Job* parent = find(id); parent->status != JobStatus::completed)
                unsuccessful = parent;
            return true;
        });
        if (counted == 0) continue;
        to_write_.insert(child);
        if (!transitions::parents_finished(job, static_cast<int>(counted), unsuccessful, now))
            continue;
        changed(job);
        result.push_back({child, job.queue, job.status, job.blocked_by});
    }
    return result;
}

std::size_t FileJobStore::purge(std::size_t limit) {
    check_limit(limit);
    return transact([&](Timestamp now) {
        const auto needed = finished_parents();
        auto expired = select([&](const Job& job) {
            return job.expires_at && *job.expires_at <= now && !needed.contains(job.id);
        });
        expired.resize(std::min(expired.size(), limit));
        for (const Job* job : expired) {
            if (!job->owner.empty())
                tombstones_[job->id] = {job->owner,
                                        tombstone_until(*job->expires_at, job->retention)};
            erase(JobId(job->id));
        }
        forget_tombstones(now);
        return expired.size();
    });
}

std::optional<std::string> FileJobStore::tombstone_owner(const JobId& id) {
    return transact([&](Timestamp now) -> std::optional<std::string> {
        forget_tombstones(now);
        const auto found = tombstones_.find(id);
        if (found == tombstones_.end()) return std::nullopt;
        return found->second.owner;
    });
}

/// Each process by itself: what has been forgotten need not be written.
void FileJobStore::forget_tombstones(Timestamp now) {
    std::erase_if(tombstones_, [now](const auto& entry) { return entry.second.until <= now; });
}

std::vector<std::optional<Job>> FileJobStore::find(std::span<const JobId> ids) {
    return transact([&](Timestamp) {
        std::vector<std::optional<Job>> results(ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (const Job* job = find(ids[i])) results[i] = snapshot(*job);
        return results;
    });
}

JobPage FileJobStore::list(const JobQuery& query) {
    validate(query);
    return transact([&](Timestamp) {
        auto found = select([&](const Job& job) {
            return matches(job, query) &&
                   (!query.needed_by || is_parent_of(job.id, *query.needed_by));
        });
        std::ranges::reverse(found);
        JobPage page;
        page.more = found.size() > query.limit;
        found.resize(std::min(found.size(), query.limit));
        for (const Job* job : found) page.jobs.push_back(snapshot(*job, query.parts));
        return page;
    });
}

CancelOutcome FileJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    validate(cancellation);
    return transact([&](Timestamp now) {
        JobRecord* job = find(id);
        if (!job) return CancelOutcome::not_found;
        const auto outcome = transitions::cancel(*job, cancellation, now);
        if (outcome == CancelOutcome::cancelled || outcome == CancelOutcome::requested)
            changed(*job);
        return outcome;
    });
}

RetryOutcome FileJobStore::retry(const JobId& id) {
    return transact([&](Timestamp now) {
        JobRecord* job = find(id);
        if (!job) return RetryOutcome::not_found;
        const auto outcome = transitions::check_restart(*job);
        if (outcome != RetryOutcome::retried) return outcome;
        if (job->unique_key && key_holder(*job->unique_key)) return RetryOutcome::key_taken;
        transitions::restart(*job, now);
        changed(*job);
        return RetryOutcome::retried;
    });
}

RemoveOutcome FileJobStore::remove(const JobId& id) {
    return transact([&](Timestamp now) {
        const Job* job = find(id);
        if (!job) return RemoveOutcome::not_found;
        if (!is_finished(job->status)) return RemoveOutcome::not_finished;
        promote({id}, now);
        erase(id);
        return RemoveOutcome::removed;
    });
}

Workload FileJobStore::workload(std::string_view queue, std::string_view type) {
    check_workload(queue, type);
    return transact([&](Timestamp now) {
        Workload result;
        result.paused = paused_.contains(queue);
        std::vector<std::pair<Timestamp, Duration>> runs;
        for (const auto& [id, job] : jobs_) {
            if (job.queue == queue && job.status == JobStatus::pending && job.run_at <= now &&
                job.blocked_by == 0)
                result.waiting = std::min(result.waiting + 1, Workload::count_limit);
            if (job.queue == queue && job.status == JobStatus::processing)
                result.processing = std::min(result.processing + 1, Workload::count_limit);
            if (job.type == type && job.status == JobStatus::completed)
                runs.emplace_back(*job.finished_at, *job.finished_at - *job.started_at);
        }
        std::ranges::sort(runs, std::ranges::greater());
        runs.resize(std::min<std::size_t>(runs.size(), 20));
        Duration sum{};
        for (const auto& [finished_at, run] : runs) sum += run;
        if (!runs.empty()) result.typical_run = sum / static_cast<Duration::rep>(runs.size());
        return result;
    });
}

void FileJobStore::set_paused(std::string_view queue, bool paused) {
    check_queue(queue);
    transact([&](Timestamp) {
        if (paused)
            paused_.emplace(queue);
        else
            paused_.erase(std::string(queue));
        return write_paused_ = true;
    });
}

void FileJobStore::set_limit(const Limit& limit) {
    validate(limit);
    transact([&](Timestamp) {
        limits_.set(limit);
        for (auto& [id, job] : jobs_)
            if (job.throttled_by.erase(limit.name) > 0) to_write_.insert(id);
        return true;
    });
}

std::vector<Limit> FileJobStore::limits() {
    return transact([&](Timestamp) { return limits_.limits(); });
}
