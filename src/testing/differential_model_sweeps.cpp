#include "differential_model.hpp"

#include <algorithm>
#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

std::set<JobId> Model::finished_parents(const Entry& child) const {
    std::set<JobId> finished;
    for (const JobId& id : child.uncounted)
        if (const Entry* parent = entry(id); parent && is_finished(parent->job.status))
            finished.insert(id);
    return finished;
}

bool Model::needs_promotion() const {
    return std::ranges::any_of(entries_, [&](const auto& other) {
        return is_blocked(other.second.job) && !finished_parents(other.second).empty();
    });
}

void Model::count_parents(Entry& child, const std::set<JobId>& parents, const Job* unsuccessful,
                          Timestamp now) {
    for (const JobId& id : parents) child.uncounted.erase(id);
    if (transitions::parents_finished(child.job, static_cast<int>(parents.size()), unsuccessful,
                                      now))
        ended(child);
}

/// Checks the result for one job that waits, and follows it.
void Model::promote(const Promoted& one, const Read& read, Timestamp now) {
    Entry* child = entry(one.id);
    expect(child && is_blocked(child->job), "a blocked job to be promoted: " + show(one.id));
    std::set<JobId> finished = finished_parents(*child);
    expect(!finished.empty(), "a parent of the promoted " + show(one.id) + " to be finished");
    const Job* unsuccessful = nullptr;
    if (one.status == JobStatus::pending) {
        if (child->job.on_parent_failure != OnParentFailure::run)
            std::erase_if(finished, [&](const JobId& id) {
                return entry(id)->job.status != JobStatus::completed;
            });
        const auto count = static_cast<std::size_t>(child->job.blocked_by - one.blocked_by);
        expect(one.blocked_by < child->job.blocked_by && count <= finished.size(),
               fmt::format("blocked_by of {}, which was {}, to go down by at most {}, to {}",
                           show(one.id), child->job.blocked_by, finished.size(), one.blocked_by));
        while (finished.size() > count) finished.erase(std::prev(finished.end()));
    } else {
        const auto job = read(one.id);
        for (const JobId& id : finished) {
            const Job& parent = entry(id)->job;
            if (parent.status == JobStatus::completed) continue;
            const auto why = parent_failed(id, parent.status).message;
            const bool is_named =
                job && (job->cancel_reason == why || (job->error && job->error->message == why));
            if (is_named) unsuccessful = &parent;
        }
        expect(unsuccessful != nullptr,
               "a parent that did not complete to be the reason of " + show(one.id));
    }
    count_parents(*child, finished, unsuccessful, now);
}

void Model::promote(std::size_t limit, const std::vector<Promoted>& found, const Read& read,
                    Timestamp now) {
    // A job that fails in this call may be a parent of others in it.
    for (std::vector<Promoted> left = found; !left.empty();) {
        std::string difference;
        const auto followed = std::erase_if(left, [&](const Promoted& one) {
            try {
                promote(one, read, now);
                return true;
            } catch (const ConformanceFailure& failure) {
                difference = failure.what();
                return false;
            }
        });
        if (followed == 0) fail(difference);
    }
    for (const Promoted& one : found) {
        const Job& job = entry(one.id)->job;
        expect_equal(one.status, job.status, "status of the promoted " + show(one.id));
        expect_equal(one.blocked_by, job.blocked_by, "blocked_by of the promoted " + show(one.id));
        expect_equal(one.queue, job.queue, "queue of the promoted " + show(one.id));
    }
    if (!found.empty() || limit == 0 || (sweeps_may_lag_ && needs_promotion())) return;
    expect(!needs_promotion(), "no job to wait for a finished one when promote() returns none");
    for (auto& [id, other] : entries_) {
        for (const JobId& parent : finished_parents(other)) other.uncounted.erase(parent);
        const Job& job = other.job;
        const bool is_due = job.status == JobStatus::pending && job.run_at <= now;
        const bool is_certain = limit >= entries_.size() && !sweeps_may_lag_;
        if (is_certain && is_due && job.blocked_by == 0) other.has_head_start = true;
    }
}

void Model::purge(std::size_t limit, std::size_t found, const Read& read, Timestamp now) {
    std::set<JobId> needed, counted;
    for (const auto& [id, other] : entries_)
        for (const JobId& parent : finished_parents(other))
            (is_blocked(other.job) ? needed : counted).insert(parent);
    std::vector<JobId> gone;
    std::size_t left = 0;
    for (const auto& [id, other] : entries_) {
        if (!other.job.expires_at || *other.job.expires_at > now || needed.contains(id)) continue;
        if (!read(id))
            gone.push_back(id);
        else if (!counted.contains(id))
            ++left;
    }
    expect_equal(found, gone.size(), "jobs purged");
    expect(found <= limit, "no more jobs than the limit to be purged");
    if (found < limit && !sweeps_may_lag_)
        expect_equal(left, 0, "expired jobs that a purge left although its limit was higher");
    for (const JobId& id : gone) {
        const Job& job = entry(id)->job;
        if (!job.owner.empty())
            tombstones_[id] = {job.owner, tombstone_until(*job.expires_at, job.retention),
                               tombstone_until(*job.expires_at, job.retention)};
        forget(id);
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
