#include "differential_model.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

void Model::tombstone_owner(const JobId& id, const std::optional<std::string>& found,
                            Timestamp now) const {
    std::optional<std::string> expected;
    if (const auto tombstone = tombstones_.find(id);
        tombstone != tombstones_.end() && tombstone->second.latest_end > now) {
        if (!found && tombstone->second.earliest_end <= now) return;
        expected = tombstone->second.owner;
    }
    expect_equal(found, expected, "owner of the purged " + show(id));
}

Job Model::shown(const Entry& entry, const Job& found) const {
    Job job = entry.job;
    if (!entry.was_claimed) job.fence = found.fence; // only that of a claim is known
    return job;
}

void Model::find(std::span<const JobId> ids, const std::vector<std::optional<Job>>& found) const {
    expect_equal(found.size(), ids.size(), "results of a find");
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Entry* known = entry(ids[i]);
        if (found[i].has_value() != (known != nullptr))
            fail(fmt::format("find {}: expected {}, found {}", show(ids[i]),
                             known ? "a job" : "none", found[i] ? "a job" : "none"));
        if (known) expect_same(*found[i], snapshot(shown(*known, *found[i])), "of " + show(ids[i]));
    }
}

void Model::find_summaries(std::span<const JobId> ids,
                           const std::vector<std::optional<Job>>& found) const {
    expect_equal(found.size(), ids.size(), "results of find_summaries()");
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Entry* known = entry(ids[i]);
        expect_equal(found[i].has_value(), known != nullptr, "summary of " + show(ids[i]));
        if (known)
            expect_same(summary_of(*found[i]), summary_of(known->job),
                        "in the summary of " + show(ids[i]));
    }
}

void Model::list(const JobQuery& query, const JobPage& found) const {
    std::vector<const Entry*> expected;
    const Entry* child = query.needed_by ? entry(*query.needed_by) : nullptr;
    for (const auto& [id, other] : entries_) {
        const bool is_needed =
            child && std::ranges::find(child->parents, id) != child->parents.end();
        if ((!query.needed_by || is_needed) && matches(other.job, query))
            expected.insert(expected.begin(), &other);
    }
    const bool more = expected.size() > query.limit;
    expected.resize(std::min(expected.size(), query.limit));
    std::vector<JobId> ids;
    for (const Entry* one : expected) ids.push_back(one->job.id);
    expect_equal(ids_of(found.jobs), ids, "jobs listed");
    expect_equal(found.more, more, "more, of a list");
    for (std::size_t i = 0; i < expected.size(); ++i) {
        // A store may read more than was asked for.
        expect_same(snapshot(found.jobs[i], query.parts),
                    snapshot(shown(*expected[i], found.jobs[i]), query.parts),
                    "of the listed " + show(ids[i]));
    }
}

void Model::workload(std::string_view queue, std::string_view type, const Workload& found,
                     Timestamp now) const {
    std::size_t waiting = 0, free = 0, processing = 0;
    const auto of_all = all_limits();
    const LimitsOfClaim limits(of_all, {}, {});
    for (const auto& [id, other] : entries_) {
        const Job& job = other.job;
        if (job.queue != queue) continue;
        if (job.status == JobStatus::processing) ++processing;
        const bool is_due = job.run_at <= now;
        if (job.status != JobStatus::pending || job.blocked_by > 0 ||
            (!is_due && job.run_at != other.was_due))
            continue;
        ++waiting;
        const bool may_wait = !is_due || other.passed_on || other.may_be_reported ||
                              !limits.of(job.type, job.queue, job.owner, job.limit_key).empty();
        if (!may_wait) ++free;
    }
    if (sweeps_may_lag_) free = 0;
    // What waits for a limit need not be counted.
    if (found.waiting < free || found.waiting > waiting)
        fail(fmt::format("jobs waiting in {}: expected {} to {}, found {}", show(queue), free,
                         waiting, found.waiting));
    if (!sweeps_may_lag_ || found.processing > processing)
        expect_equal(found.processing, processing,
                     fmt::format("jobs processing in {}", show(queue)));
    expect_equal(found.paused, paused_.contains(std::string(queue)), "paused, of a workload");
    const auto runs = runs_.find(std::string(type));
    if (runs == runs_.end()) {
        expect(!found.typical_run, "no typical_run of a type of which no job has completed");
    } else if (found.typical_run) { // those of jobs that are gone need not count
        const auto [least, most] = std::ranges::minmax(runs->second);
        expect(*found.typical_run >= least && *found.typical_run <= most,
               "typical_run to be between the shortest and the longest run");
    }
}

void Model::limits(const std::vector<Limit>& found) const {
    expect(found == all_limits(), "the limits that were set, by name");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
