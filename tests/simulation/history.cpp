#include "history.hpp"

#include <asyncjobs/detail/ended_attempt.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace simulation {

using namespace asyncjobs;
using detail::tally_outcome;

History::History(JobStore& inner, Clock clock, int crash_limit, OnRescue on_rescue)
    : ForwardingJobStore(inner), clock_(std::move(clock)), crash_limit_(crash_limit),
      on_rescue_(std::move(on_rescue)) {}

void History::expect(bool holds, const JobId& id, const std::string& rule) {
    if (!holds) violate(fmt::format("{}: {}", id.text(), rule));
}

bool History::is_current(const LeaseRef& lease) const {
    const auto found = accounts_.find(lease.id);
    return found != accounts_.end() && found->second.status == JobStatus::processing &&
           found->second.fence == lease.fence;
}

void History::finish(Account& account, const JobId& id, JobStatus status) {
    account.status = status;
    expect(++account.finishes == 1, id, "promise 2: a run finished twice");
}

std::vector<Submitted> History::submit(std::span<const NewJob> jobs) {
    auto submitted = inner().submit(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) on_submitted(jobs[i], submitted[i]);
    return submitted;
}

void History::on_submitted(const NewJob& job, const Submitted& submitted) {
    if (submitted.outcome == Submitted::Outcome::repeated)
        expect(firsts_[*job.idempotency_key] == submitted.id, job.id,
               "repeated, but without returning the first job of its key");
    if (submitted.outcome != Submitted::Outcome::created) return;
    if (job.idempotency_key)
        expect(firsts_.emplace(*job.idempotency_key, job.id).second, job.id,
               "created although another job has its idempotency key");
    accounts_[job.id] = {.parents = job.after};
    limits_.submitted(job);
}

std::ptrdiff_t History::unfinished_parents(const Account& account) {
    return std::ranges::count_if(account.parents, [this](const JobId& parent) {
        return !is_finished(accounts_[parent].status);
    });
}

Exchange History::exchange(std::span<const Settlement> settlements, const ClaimRequest& request) {
    auto exchange = inner().exchange(settlements, request);
    for (std::size_t i = 0; i < settlements.size(); ++i)
        on_settled(settlements[i], exchange.settled[i]);
    for (const auto& job : exchange.claimed) on_claimed(job, request);
    return exchange;
}

void History::on_settled(const Settlement& settlement, const Settled& settled) {
    const auto& id = settlement.lease().id;
    auto& account = accounts_[id];
    const bool current = is_current(settlement.lease());
    const bool unasked =
        settlement.kind() == Settlement::Kind::cancelled && !account.cancel_requested;
    expect(!settled.accepted || current, id, "promise 3: a settlement with an old fence counted");
    expect(settled.accepted || !current || unasked, id,
           "promise 3: a settlement with the current fence did not count");
    if (!settled.accepted) return;

    limits_.ended(id);
    tallies_.settled(id, tally_outcome(detail::event_kind(settlement, settled.status)), clock_());
    switch (settlement.kind()) {
    case Settlement::Kind::completed:
        return finish(account, id, JobStatus::completed);
    case Settlement::Kind::failed:
        return finish(account, id, JobStatus::failed);
    case Settlement::Kind::cancelled:
        return finish(account, id, JobStatus::cancelled);
    case Settlement::Kind::released:
        --account.attempt;
        break;
    case Settlement::Kind::retried:
        break;
    }
    account.status = JobStatus::pending;
    if (account.cancel_requested) finish(account, id, JobStatus::cancelled);
}

void History::on_claimed(const ClaimedJob& job, const ClaimRequest& request) {
    const auto& id = job.lease.id;
    auto& account = accounts_[id];
    tallies_.claimed(id, request.worker);
    expect(account.status == JobStatus::pending, id, "T2: claimed although it was not pending");
    expect(unfinished_parents(account) == 0, id, "T2: claimed before its parents had finished");
    expect(job.lease.fence == account.fence + 1, id,
           "promise 3: a claim must raise the fence by 1");
    expect(job.attempt == account.attempt + 1, id, "promise 9: the attempt is miscounted");
    expect(job.crashes == account.crashes, id, "promise 9: the crashes are miscounted");
    expect(job.lost_ahead == (account.lost_ahead), id, "promise 16: lost_ahead is wrong");
    account.claimed_ahead = request.ahead;
    account.status = JobStatus::processing;
    account.fence = job.lease.fence;
    ++account.attempt;
    account.lease_until = clock_() + request.lease_for;
    for (const auto& broken : limits_.claimed(id, request, clock_())) expect(false, id, broken);
}

void History::set_limit(const Limit& limit) {
    inner().set_limit(limit);
    limits_.set(limit);
}

std::vector<Renewal> History::renew(std::span<const Heartbeat> heartbeats, Duration lease_for) {
    auto renewals = inner().renew(heartbeats, lease_for);
    for (std::size_t i = 0; i < heartbeats.size(); ++i) {
        const auto& lease = heartbeats[i].lease;
        expect(renewals[i].kept == is_current(lease), lease.id,
               "promise 3: a lease was kept with an old fence, or lost with the current one");
        if (!renewals[i].kept) continue;
        accounts_[lease.id].lease_until = clock_() + lease_for;
        if (heartbeats[i].started)
            accounts_[lease.id].claimed_ahead = accounts_[lease.id].lost_ahead = false;
    }
    return renewals;
}

std::vector<Rescued> History::rescue(std::size_t limit, int crash_limit) {
    auto rescued = inner().rescue(limit, crash_limit);
    for (const auto& job : rescued) {
        auto& account = accounts_[job.id];
        expect(account.status == JobStatus::processing, job.id, "T8: rescued without a lease");
        expect(account.lease_until <= clock_(), job.id,
               "promise 4: rescued before its lease had expired");
        limits_.ended(job.id);
        tallies_.rescued(tally_outcome(detail::event_kind(job)), clock_());
        on_rescue_({job.id, account.fence}, account.lease_until);
        --account.attempt;
        const bool counts = !account.claimed_ahead;
        account.lost_ahead = account.claimed_ahead;
        if (counts) ++account.crashes;
        const auto due = counts && account.crashes >= crash_limit_ ? JobStatus::failed
                         : account.cancel_requested                ? JobStatus::cancelled
                                                                   : JobStatus::pending;
        expect(job.status == due, job.id, "T8: rescued into the wrong status");
        account.status = JobStatus::pending;
        if (due != JobStatus::pending) finish(account, job.id, due);
    }
    return rescued;
}

std::vector<Promoted> History::promote(std::size_t limit) {
    auto unblocked = inner().promote(limit);
    for (const auto& job : unblocked) {
        auto& account = accounts_[job.id];
        expect(account.status == JobStatus::pending, job.id,
               "unblocked although it was not pending");
        if (is_finished(job.status))
            finish(account, job.id, job.status);
        else
            expect(job.blocked_by >= unfinished_parents(account), job.id,
                   "unblocked by a parent that has not finished");
    }
    return unblocked;
}

CancelOutcome History::cancel(const JobId& id, const Cancellation& cancellation) {
    const auto outcome = inner().cancel(id, cancellation);
    auto& account = accounts_[id];
    if (outcome == CancelOutcome::requested) account.cancel_requested = true;
    if (outcome == CancelOutcome::cancelled) {
        expect(account.status == JobStatus::pending ||
                   (cancellation.force && account.status == JobStatus::processing),
               id, "T9: cancelled though it was not pending");
        limits_.ended(id);
        finish(account, id, JobStatus::cancelled);
    }
    return outcome;
}

void History::check_end(const std::vector<JobId>& acknowledged) {
    for (const auto& id : acknowledged) {
        const auto job = inner().find(std::span(&id, 1)).front();
        expect(job.has_value(), id, "promise 1: acknowledged and lost");
        if (!job) continue;
        const auto& account = accounts_[id];
        expect(is_finished(job->status), id, "promise 10: still not finished");
        expect(job->status == account.status, id, "promise 2: not in its last status");
        expect(job->fence == account.fence, id, "promise 3: not the fence of its last claim");
        expect(job->crashes == account.crashes, id, "promise 9: the crashes are miscounted");
        expect(job->attempt == account.attempt, id, "promise 9: the attempts are miscounted");
        expect(job->parents == static_cast<int>(account.parents.size()) && job->blocked_by == 0, id,
               "its parents are miscounted");
    }
}

void History::check_tallies(Duration may_lose) {
    for (auto& violation : tallies_.compare(*inner().operators(), may_lose))
        violate(std::move(violation));
}

} // namespace simulation
