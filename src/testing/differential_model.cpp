#include "differential_model.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

void expect_submitted(const Submitted& found, const Submitted& expected, const JobId& id) {
    expect_equal(found.outcome, expected.outcome, "outcome of the submit of " + show(id));
    expect_equal(found.id, expected.id, "id in the result of the submit of " + show(id));
    if (expected.outcome != Submitted::Outcome::parent_missing)
        expect_equal(found.created_at, expected.created_at,
                     "created_at in the result of the submit of " + show(id));
}

} // namespace

bool is_blocked(const Job& job) { return job.status == JobStatus::pending && job.blocked_by > 0; }

Model::Entry* Model::entry(const JobId& id) {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

const Model::Entry* Model::entry(const JobId& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

bool Model::is_due(const Entry& entry, Timestamp now) const {
    return entry.job.run_at <= now && may_be_due(entry, now);
}

bool Model::may_be_due(const Entry& entry, Timestamp now) const {
    const Job& job = entry.job;
    return job.status == JobStatus::pending && job.blocked_by == 0 &&
           (job.run_at <= now || job.run_at == entry.was_due) && !paused_.contains(job.queue);
}

std::optional<Timestamp> Model::next_time(Timestamp now) const {
    std::optional<Timestamp> next;
    for (const auto& [id, entry] : entries_)
        for (const auto& time : {std::optional(entry.job.run_at), entry.job.lease_expires_at,
                                 entry.job.expires_at, entry.job.deadline})
            if (time && *time > now) next = std::min(next.value_or(*time), *time);
    return next;
}

/// Something has happened to the job: it waits for no limit any more, and holds no place.
void Model::ended(Entry& entry) {
    entry.reported.clear();
    entry.may_be_reported = entry.may_have_waited = false;
    entry.holds.clear();
    entry.passed_on.reset();
    entry.has_head_start = false;
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

void Model::run_now(const JobId& id, RunNowOutcome found, Timestamp now) {
    Entry* job = entry(id);
    const auto expected = job ? transitions::run_now(job->job, now) : RunNowOutcome::not_found;
    expect_equal(found, expected, "outcome of run_now of " + show(id));
    if (expected == RunNowOutcome::made_due) ended(*job);
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

void Model::forget(const JobId& id) {
    for (auto& [child, other] : entries_) other.uncounted.erase(id);
    entries_.erase(id);
    gone_.insert(id);
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

std::vector<Limit> Model::all_limits() const {
    std::vector<Limit> all;
    for (const auto& [name, limit] : limits_) all.push_back(limit);
    return all;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
