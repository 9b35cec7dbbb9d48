#include "store/dependencies.hpp"

#include "db/json_rows.hpp"
#include "db/row_of.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

// The column `dependents`.
constexpr int has_children = 1;
constexpr int has_notified = 2;

struct Locked {
    int blocked_by = 0;
    OnParentFailure on_parent_failure = OnParentFailure::cancel;
    std::string queue = {};
    JobStatus status = JobStatus::pending;
    bool has_children = false; ///< that may have to be notified
};

/// Returns the rows that exist; they are locked until the transaction ends.
template <typename Ids>
std::map<JobId, Locked> lock_rows(Session& session, const Sql& statement, const Ids& ids) {
    std::map<JobId, Locked> locked;
    in_rows(ids, add_id, [&](const std::string& rows) {
        session.query(statement).for_each(
            [&](Row cells) {
                RowOf<columns::locked> row(cells);
                Locked& job = locked[parse_id(row.text("id"))];
                job.blocked_by = row.small_number("blocked_by");
                if (const auto policy = row.optional_text("on_parent_failure"))
                    job.on_parent_failure = parse_parent_failure(*policy);
                job.queue = row.take_text("queue");
                job.status = parse_status(row.text("status"));
                job.has_children = has_children_to_notify(row.number("dependents"));
            },
            rows);
    });
    return locked;
}

struct Child {
    const NewJob* job;
    std::vector<JobId> parents;
};

std::vector<Child> children_among(std::span<const NewJob> jobs,
                                  std::span<const Submitted> outcomes) {
    std::vector<Child> children;
    Parents parents;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const bool is_child =
            !jobs[i].after.empty() && outcomes[i].outcome == Submitted::Outcome::created;
        if (is_child) children.push_back({&jobs[i], parents.of(jobs[i])});
        parents.submitted(jobs[i], outcomes[i]);
    }
    return children;
}

/// The parents of a batch's jobs that exist, while its jobs are submitted one after the other.
class ExistingParents {
public:
    /// Locks those that no earlier job of the batch can be.
    ExistingParents(Session& session, const RowStatements& sql, std::span<const NewJob> jobs) {
        std::unordered_set<JobId> earlier;
        std::set<JobId> others;
        for (const NewJob& job : jobs) {
            for (const JobId& parent : job.after)
                if (!earlier.contains(parent)) others.insert(parent);
            earlier.insert(job.id);
        }
        for (const auto& [id, row] : lock_rows(session, sql.lock, others)) locked_.insert(id);
        all_.insert(locked_.begin(), locked_.end());
    }

    const std::set<JobId>& locked() const noexcept { return locked_; }

    bool has_all_of(const NewJob& job) const {
        return std::ranges::all_of(job.after,
                                   [&](const JobId& parent) { return all_.contains(parent); });
    }
    /// Its parents exist, so that it will: it is created, or its id or key is taken.
    void expect(const NewJob& job) { all_.insert(job.id); }

    void submitted(const NewJob& job, const Submitted& outcome) {
        parents_.submitted(job, outcome);
        if (outcome.outcome == Submitted::Outcome::parent_missing) return;
        all_.insert(job.id);
        all_.insert(outcome.id);
    }
    /// Once the jobs before it were submitted.
    Submitted missing_of(const NewJob& job) const {
        const auto parents = parents_.of(job);
        const auto missing = std::ranges::find_if(
            parents, [&](const JobId& parent) { return !all_.contains(parent); });
        return {Submitted::Outcome::parent_missing, *missing, {}};
    }

private:
    std::set<JobId> locked_;
    std::unordered_set<JobId> all_;
    Parents parents_;
};

using FinishedJobs = std::map<JobId, JobStatus>;

/// The finished parents of one child.
struct ParentsDone {
    int count = 0;
    const FinishedJobs::value_type* failed = nullptr; ///< one that did not complete
};

std::map<JobId, ParentsDone> notify_children(Session& session, const RowStatements& sql,
                                             const FinishedJobs& parents) {
    std::map<JobId, ParentsDone> children;
    const auto id_of = [](JsonRows& rows, const auto& parent) { rows.add(parent.first); };
    in_rows(parents, id_of, [&](const std::string& rows) {
        session.query(sql.notify_children)
            .for_each(
                [&](Row row) {
                    const JobId child = read_id(row);
                    const auto parent = parents.find(read_id(row));
                    ParentsDone& done = children[child];
                    ++done.count;
                    if (parent->second != JobStatus::completed) done.failed = &*parent;
                },
                rows);
        if (!sql.close.text.empty()) session.query(sql.close).change(rows);
    });
    return children;
}

void mark(Session& session, const RowStatements& sql, const auto& ids, int dependents) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session.query(sql.mark).change(rows, dependents); });
}

bool can_be_stopped(const Locked& child) {
    return child.status == JobStatus::pending && child.blocked_by > 0 &&
           child.on_parent_failure != OnParentFailure::run;
}

JobStatus stopped_as(const Locked& child) {
    return child.on_parent_failure == OnParentFailure::fail ? JobStatus::failed
                                                            : JobStatus::cancelled;
}

/// Children to stop, by their new status, each with the parent that did not complete.
using Stopped = std::map<JobStatus, std::vector<std::pair<JobId, const FinishedJobs::value_type*>>>;

void stop_children(Session& session, const RowStatements& sql, const Stopped& stopped,
                   CallTime now) {
    for (const auto& [status, children] : stopped) {
        const auto add = [fails = status == JobStatus::failed](JsonRows& rows, const auto& child) {
            const JobError error = parent_failed(child.second->first, child.second->second);
            rows.add(child.first, 0, fails ? to_text(error) : error.message);
        };
        in_rows(children, add, [&, name = to_string(status)](const std::string& rows) {
            session.query(sql.stop).change(rows, name, now);
        });
    }
}

/// Adds to the finished jobs up to `limit` children that those stop and that have children
/// themselves: the same statements then notify everything that a chain stops. Locks them.
void add_stopped_children(Session& session, const RowStatements& sql, FinishedJobs& parents,
                          std::size_t limit) {
    std::vector<JobId> latest;
    for (const auto& [id, status] : parents)
        if (status != JobStatus::completed) latest.push_back(id);
    std::vector<std::pair<JobId, JobId>> found; ///< children, each after its parent
    std::set<JobId> ids;
    while (!latest.empty() && parents.size() + ids.size() < limit) {
        const std::size_t most = limit - parents.size() - ids.size();
        std::vector<JobId> next;
        in_rows(latest, add_id, [&](const std::string& rows) {
            session.query(sql.stopped)
                .for_each(
                    [&](Row row) {
                        const JobId child = read_id(row);
                        found.emplace_back(child, read_id(row));
                        if (!parents.contains(child) && ids.insert(child).second)
                            next.push_back(child);
                    },
                    rows, most);
        });
        latest = std::move(next);
    }
    const auto locked = lock_rows(session, sql.lock, ids);
    for (const auto& [id, parent] : found) {
        const auto child = locked.find(id);
        const auto stops = parents.find(parent);
        if (child != locked.end() && can_be_stopped(child->second) && stops != parents.end() &&
            stops->second != JobStatus::completed)
            parents.emplace(id, stopped_as(child->second));
    }
}

/// Notifies the children of `parents`. Returns those that this stops and that have children
/// themselves, except those in `parents`.
FinishedJobs unblock_children(Session& session, const RowStatements& sql,
                              const FinishedJobs& parents, CallTime now,
                              std::vector<Promoted>& unblocked) {
    const auto notified = notify_children(session, sql, parents);
    std::vector<JobId> ids;
    ids.reserve(notified.size());
    for (const auto& [id, done] : notified) ids.push_back(id);
    auto locked = lock_rows(session, sql.lock, ids);
    std::erase_if(locked, [](const auto& child) {
        return child.second.status != JobStatus::pending || child.second.blocked_by == 0;
    });

    FinishedJobs next;
    std::vector<std::pair<JobId, int>> left;
    Stopped stopped;
    for (auto& [id, child] : locked) {
        const ParentsDone& done = notified.at(id);
        Promoted one{id, std::move(child.queue), JobStatus::pending, child.blocked_by - done.count};
        if (done.failed && can_be_stopped(child)) {
            one.status = stopped_as(child);
            one.blocked_by = 0;
            stopped[one.status].emplace_back(id, done.failed);
            if (child.has_children && !parents.contains(id)) next.emplace(id, one.status);
        } else {
            left.emplace_back(id, one.blocked_by);
        }
        unblocked.push_back(std::move(one));
    }
    const auto add_left = [](JsonRows& rows, const auto& row) { rows.add(row.first, row.second); };
    in_rows(left, add_left,
            [&](const std::string& rows) { session.query(sql.count_down).change(rows, now); });
    stop_children(session, sql, stopped, now);
    return next;
}

/// Blocks the created ones of `jobs` that name parents. `locked` are parents that exist.
void block_children(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                    std::span<const Submitted> outcomes, const std::set<JobId>& locked) {
    const auto children = children_among(jobs, outcomes);
    if (children.empty()) return;
    const auto waited_for = ids_waited_for(jobs);
    std::unordered_set<JobId> marked; // when they were inserted
    for (const Submitted& job : outcomes)
        if (job.outcome == Submitted::Outcome::created && waited_for.contains(job.id))
            marked.insert(job.id);
    std::set<JobId> others, unlocked;
    for (const Child& child : children)
        for (const JobId& parent : child.parents) {
            if (marked.contains(parent)) continue;
            others.insert(parent);
            if (!locked.contains(parent)) unlocked.insert(parent);
        }
    if (lock_rows(session, sql.lock, unlocked).size() < unlocked.size())
        throw Error(Errc::store_busy, "the holder of a parent's id or key was just removed");
    mark(session, sql, others, has_children);

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

} // namespace

std::unordered_set<JobId> ids_waited_for(std::span<const NewJob> jobs) {
    std::unordered_set<JobId> ids;
    for (const NewJob& job : jobs) ids.insert(job.after.begin(), job.after.end());
    return ids;
}

void submit_in_order(Session& session, const RowStatements& sql, std::span<const NewJob> jobs,
                     const SubmitSteps& steps, std::vector<Submitted>& outcomes) {
    if (std::ranges::all_of(jobs, [](const NewJob& job) { return job.after.empty(); }))
        return steps.insert(jobs);
    ExistingParents parents(session, sql, jobs);
    const std::size_t start = outcomes.size();
    std::size_t done = 0;
    const auto insert_to = [&](std::size_t end) {
        if (done < end) steps.insert(jobs.subspan(done, end - done));
        for (; done < end; ++done) parents.submitted(jobs[done], outcomes[start + done]);
    };
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (!parents.has_all_of(jobs[i])) insert_to(i);
        if (parents.has_all_of(jobs[i])) {
            parents.expect(jobs[i]);
            continue;
        }
        const auto conflict = steps.conflict(jobs[i]);
        outcomes.push_back(conflict ? *conflict : parents.missing_of(jobs[i]));
        parents.submitted(jobs[i], outcomes.back());
        done = i + 1;
    }
    insert_to(jobs.size());
    block_children(session, sql, jobs, std::span(outcomes).subspan(start), parents.locked());
}

std::vector<Promoted> promote(Session& session, const RowStatements& sql,
                              std::span<const JobId> known, bool looks_for_more, std::size_t limit,
                              CallTime now, std::vector<JobId>& left) {
    FinishedJobs parents;
    for (const auto& [id, job] : lock_rows(session, sql.lock, known))
        if (job.has_children && is_finished(job.status)) parents.emplace(id, job.status);
    if (looks_for_more)
        session.query(sql.find_finished)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    parents.emplace(id, read_status(row));
                },
                limit);
    // Stopped children have finished as well: else a chain would take a transaction a job.
    std::vector<Promoted> unblocked;
    std::vector<JobId> notified;
    while (!parents.empty()) {
        add_stopped_children(session, sql, parents, limit - std::min(limit, notified.size()));
        for (const auto& [id, status] : parents) notified.push_back(id);
        parents = unblock_children(session, sql, parents, now, unblocked);
        if (notified.size() + parents.size() <= limit) continue;
        for (const auto& [id, status] : parents) left.push_back(id);
        break;
    }
    mark(session, sql, notified, has_notified);
    return unblocked;
}

bool has_children_to_notify(std::int64_t dependents) noexcept { return dependents == has_children; }

std::vector<Promoted> unblock_children_of(Session& session, const RowStatements& sql,
                                          const JobId& parent, JobStatus status, CallTime now) {
    std::vector<Promoted> unblocked;
    unblock_children(session, sql, {{parent, status}}, now, unblocked);
    return unblocked;
}

void disconnect(Session& session, const RowStatements& sql, std::span<const JobId> children) {
    in_rows(children, add_id,
            [&](const std::string& rows) { session.query(sql.disconnect).change(rows); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
