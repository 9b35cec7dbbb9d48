#include "dependencies.hpp"

#include "job_row.hpp"
#include "json_rows.hpp"

#include <asyncjobs/store_helpers.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

// The column `dependents`.
constexpr int has_children = 1;
constexpr int has_told = 2;

struct Locked {
    int blocked_by = 0;
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
    std::string queue = {};
    JobStatus status = JobStatus::pending;
    bool has_children = false; ///< that may have to be told
};

/// Those that are there; they stay as they are until the transaction ends.
template <typename Ids>
std::map<JobId, Locked> lock_rows(Session& session, const Sql& statement, const Ids& ids) {
    std::map<JobId, Locked> locked;
    in_rows(ids, add_id, [&](const std::string& rows) {
        session.query(statement).for_each(
            [&](Row row) {
                const JobId id = read_id(row);
                Locked& job = locked[id];
                job.blocked_by = row.small_number();
                if (const auto policy = row.optional_text())
                    job.on_parent_failure = parse_parent_failure(*policy);
                job.queue = row.take_text();
                job.status = read_status(row);
                job.has_children = row.number() == has_children;
            },
            rows);
    });
    return locked;
}

struct Child {
    const NewJob* job;
    Submitted* answer;
    std::vector<JobId> parents;
};

std::vector<Child> children_among(std::span<const NewJob> jobs, std::span<Submitted> answers) {
    std::vector<Child> children;
    Parents parents;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const bool is_child =
            !jobs[i].after.empty() && answers[i].outcome == Submitted::Outcome::created;
        if (is_child) children.push_back({&jobs[i], &answers[i], parents.of(jobs[i])});
        parents.submitted(jobs[i], answers[i]);
    }
    return children;
}

using FinishedJobs = std::map<JobId, JobStatus>;

/// A child, by what its parents have become.
struct Told {
    int count = 0;
    const FinishedJobs::value_type* failed = nullptr; ///< one that did not complete
};

std::map<JobId, Told> tell_children(Session& session, const RowStatements& sql,
                                    const FinishedJobs& parents) {
    std::map<JobId, Told> told;
    const auto id_of = [](JsonRows& rows, const auto& parent) { rows.add(parent.first); };
    in_rows(parents, id_of, [&](const std::string& rows) {
        session.query(sql.tell).for_each(
            [&](Row row) {
                const JobId child = read_id(row);
                const auto parent = parents.find(read_id(row));
                ++told[child].count;
                if (parent->second != JobStatus::completed) told[child].failed = &*parent;
            },
            rows);
        if (!sql.close.text.empty()) session.query(sql.close).change(rows);
    });
    return told;
}

void mark(Session& session, const RowStatements& sql, const auto& ids, int dependents) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session.query(sql.mark).change(rows, dependents); });
}

/// Why children are stopped, and which.
using Stopped =
    std::map<std::pair<OnParentFailure, const FinishedJobs::value_type*>, std::vector<JobId>>;

void stop_children(Session& session, const RowStatements& sql, const Stopped& stopped,
                   CallTime now) {
    for (const auto& [why, children] : stopped) {
        const auto& [policy, parent] = why;
        const JobError error = parent_failed(parent->first, parent->second);
        const bool fails = policy == OnParentFailure::fail;
        const auto status = fails ? JobStatus::failed : JobStatus::cancelled;
        const auto text = fails ? std::optional(to_text(error)) : std::nullopt;
        const auto reason = fails ? std::nullopt : std::optional(error.message);
        in_rows(children, add_id, [&](const std::string& rows) {
            session.query(sql.stop).change(rows, to_string(status), now, text, reason);
        });
    }
}

/// Tells the children of `parents`. Returns those of them that this stops and that have children
/// themselves.
FinishedJobs unblock_children(Session& session, const RowStatements& sql,
                              const FinishedJobs& parents, CallTime now,
                              std::vector<Unblocked>& answer) {
    const auto told = tell_children(session, sql, parents);
    std::vector<JobId> ids;
    for (const auto& [id, by] : told) ids.push_back(id);
    auto locked = lock_rows(session, sql.lock, ids);
    std::erase_if(locked, [](const auto& child) {
        return child.second.status != JobStatus::pending || child.second.blocked_by == 0;
    });

    FinishedJobs next;
    std::vector<std::pair<JobId, int>> left;
    Stopped stopped;
    for (auto& [id, child] : locked) {
        const Told& by = told.at(id);
        Unblocked one{id, std::move(child.queue), JobStatus::pending, child.blocked_by - by.count};
        if (by.failed && child.on_parent_failure != OnParentFailure::run) {
            stopped[{child.on_parent_failure, by.failed}].push_back(id);
            one.status = child.on_parent_failure == OnParentFailure::fail ? JobStatus::failed
                                                                          : JobStatus::cancelled;
            one.blocked_by = 0;
            if (child.has_children) next.emplace(id, one.status);
        } else {
            left.emplace_back(id, one.blocked_by);
        }
        answer.push_back(std::move(one));
    }
    const auto add_left = [](JsonRows& rows, const auto& row) { rows.add(row.first, row.second); };
    in_rows(left, add_left,
            [&](const std::string& rows) { session.query(sql.count_down).change(rows, now); });
    stop_children(session, sql, stopped, now);
    return next;
}

} // namespace

void block_children(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                    std::span<Submitted> answers) {
    auto children = children_among(jobs, answers);
    if (children.empty()) return;
    std::set<JobId> parents;
    for (const Child& child : children) parents.insert(child.parents.begin(), child.parents.end());
    auto there = lock_rows(session, sql.lock, parents);
    mark(session, sql, parents, has_children);

    std::vector<JobId> orphans;
    std::erase_if(children, [&](const Child& child) {
        const auto missing = std::ranges::find_if(
            child.parents, [&](const JobId& parent) { return !there.contains(parent); });
        if (missing == child.parents.end()) return false;
        orphans.push_back(child.job->id);
        there.erase(child.job->id);
        *child.answer = {Submitted::Outcome::parent_missing, *missing, {}};
        return true;
    });
    in_rows(orphans, add_id,
            [&](const std::string& rows) { session.query(sql.remove).change(rows); });
    std::vector<std::pair<JobId, JobId>> edges;
    for (const Child& child : children)
        for (const JobId& parent : child.parents) edges.emplace_back(child.job->id, parent);
    in_rows(
        edges, [](JsonRows& rows, const auto& edge) { rows.add(edge.first, edge.second); },
        [&](const std::string& rows) { session.query(sql.connect).change(rows); });
    in_rows(
        children,
        [](JsonRows& rows, const Child& child) {
            rows.add(child.job->id, child.parents.size(), to_text(child.job->on_parent_failure));
        },
        [&](const std::string& rows) { session.query(sql.block).change(rows, never_due); });
}

std::vector<Unblocked> unblock(Session& session, const RowStatements& sql, std::size_t limit,
                               CallTime now) {
    FinishedJobs parents;
    session.query(sql.find_finished)
        .for_each(
            [&](Row row) {
                const JobId id = read_id(row);
                parents.emplace(id, read_status(row));
            },
            limit);
    // What this stops has finished as well: a chain would otherwise take a transaction a job.
    std::vector<Unblocked> answer;
    std::vector<JobId> told;
    while (!parents.empty()) {
        for (const auto& [id, status] : parents) told.push_back(id);
        parents = unblock_children(session, sql, parents, now, answer);
        if (told.size() + parents.size() > limit) break; // they are found by the next call
    }
    mark(session, sql, told, has_told);
    return answer;
}

void unblock_children_of(Session& session, const RowStatements& sql, const JobId& parent,
                         JobStatus status, CallTime now) {
    std::vector<Unblocked> answer;
    unblock_children(session, sql, {{parent, status}}, now, answer);
}

void disconnect(Session& session, const RowStatements& sql, std::span<const JobId> children) {
    in_rows(children, add_id,
            [&](const std::string& rows) { session.query(sql.disconnect).change(rows); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
