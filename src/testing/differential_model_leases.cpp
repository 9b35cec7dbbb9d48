#include "differential_model.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

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

} // namespace

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
    same("waited", &ClaimedJob::waited);
    same("start_within", &ClaimedJob::start_within);
    same("steps", &ClaimedJob::steps);
    same("lost_ahead", &ClaimedJob::lost_ahead);
}

void Model::settle(std::span<const Settlement> settlements, const Exchange* found, Timestamp now) {
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
            runs_[job->job.type].push_back(std::max(now - *job->job.started_at, Duration::zero()));
        const bool had_head_start = job->has_head_start;
        ended(*job);
        job->has_head_start = had_head_start && settlement.keeps_place();
        for (const auto& [child, other] : entries_)
            finished_parent |= is_finished(expected.status) && other.uncounted.contains(id) &&
                               is_blocked(other.job);
        submit(settlement.follow_ups(), nullptr, now);
    }
    if (found && finished_parent) expect(found->needs_promotion, "needs_promotion to be set");
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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
