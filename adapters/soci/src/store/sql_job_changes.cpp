#include "store/sql_job_store.hpp"

#include "db/json_rows.hpp"
#include "db/row_of.hpp"
#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_steps.hpp"
#include "store/purged_jobs.hpp"
#include "store/sql_operator_store.hpp"

#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A job of a batch, as far as its changes depend on it.
struct LockedJob {
    StoredJob job = {}; ///< has its status, times to run at, fence, parents and unique key
    bool has_steps = false;
    bool has_children = false; ///< that may have to be notified
};
using LockedJobs = std::map<JobId, LockedJob>;

/// Adds a change of the jobs: `statement` takes `arguments`, and their ids.
void add_change(Session& session, const Dialect& dialect, const Sql& statement,
                std::span<const JobId> ids, const auto&... arguments) {
    if (ids.empty()) return;
    std::visit([&](const auto& these) { session.query(statement).add_change(arguments..., these); },
               dialect.these(ids));
}

/// Locks the jobs that exist until the transaction ends: in the order of their ids, so that two
/// batches do not wait for each other.
LockedJobs lock_jobs(Session& session, const Dialect& dialect, std::span<const JobId> ids) {
    LockedJobs jobs;
    const auto read = [&](Row cells) {
        RowOf<columns::to_change> row(cells);
        LockedJob& locked = jobs[parse_id(row.text("id"))];
        locked.job.status = parse_status(row.text("status"));
        locked.job.fence = row.number("fence");
        locked.job.parents = row.small_number("parents");
        locked.job.blocked_by = row.small_number("blocked_by");
        locked.job.run_at = row.time("due_at");
        locked.job.unique_key = row.optional_text("unique_key");
        locked.has_steps = row.optional_text("steps").has_value();
        locked.has_children = has_children_to_notify(row.number("dependents"));
    };
    const auto& lock = dialect.row_statements().lock_to_change;
    std::visit([&](const auto& these) { session.query(lock).for_each(read, these); },
               dialect.these(ids));
    return jobs;
}

/// Returns the outcome for each id by `change(id, locked)`; `missing` if no such job exists.
template <typename Outcome, typename Change>
std::vector<Outcome> change_each(std::span<const JobId> ids, LockedJobs& jobs, Outcome missing,
                                 Change change) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(ids.size());
    for (const JobId& id : ids) {
        const auto found = jobs.find(id);
        outcomes.push_back(found == jobs.end() ? missing : change(id, found->second));
    }
    return outcomes;
}

std::vector<CancelOutcome> cancel_all(Session& session, const Dialect& dialect,
                                      std::span<const JobId> ids, const Cancellation& cancellation,
                                      CallTime now) {
    auto jobs = lock_jobs(session, dialect, ids);
    std::vector<JobId> cancelled, requested;
    auto outcomes =
        change_each(ids, jobs, CancelOutcome::not_found, [&](const JobId& id, LockedJob& locked) {
            const auto outcome = transitions::cancel(locked.job, cancellation, {});
            if (outcome == CancelOutcome::cancelled) cancelled.push_back(id);
            if (outcome == CancelOutcome::requested) requested.push_back(id);
            return outcome;
        });
    std::optional<std::string_view> reason;
    if (!cancellation.reason.empty()) reason = cancellation.reason;
    const RowStatements& sql = dialect.row_statements();
    add_change(session, dialect, sql.cancel, cancelled, now, reason);
    add_change(session, dialect, sql.request_cancel, requested, now, reason);
    return outcomes;
}

/// The unique keys of restartable jobs that live jobs hold.
std::set<std::string> held_keys(Session& session, const RowStatements& sql,
                                const LockedJobs& jobs) {
    std::set<std::string> keys, held;
    for (const auto& [id, locked] : jobs)
        if (locked.job.unique_key &&
            transitions::check_restart(locked.job) == RetryOutcome::retried)
            keys.insert(*locked.job.unique_key);
    const auto add = [](JsonRows& rows, const std::string& key) { rows.add(key); };
    in_rows(keys, add, [&](const std::string& rows) {
        session.query(sql.held_keys).for_each([&](Row row) { held.insert(row.take_text()); }, rows);
    });
    return held;
}

std::vector<RetryOutcome> retry_all(Session& session, const Dialect& dialect,
                                    std::span<const JobId> ids, CallTime now) {
    auto jobs = lock_jobs(session, dialect, ids);
    auto held = held_keys(session, dialect.row_statements(), jobs);
    std::vector<JobId> restarted;
    auto outcomes =
        change_each(ids, jobs, RetryOutcome::not_found, [&](const JobId& id, LockedJob& locked) {
            const auto outcome = transitions::check_restart(locked.job);
            if (outcome != RetryOutcome::retried) return outcome;
            const auto& key = locked.job.unique_key;
            if (key && !held.insert(*key).second) return RetryOutcome::key_taken;
            transitions::restart(locked.job, {});
            restarted.push_back(id);
            return outcome;
        });
    add_change(session, dialect, dialect.row_statements().restart, restarted, now);
    return outcomes;
}

/// Finished jobs that are removed, and their rows in other tables.
class Removal {
public:
    void add(const JobId& id, const LockedJob& locked) {
        ids_.push_back(id);
        if (locked.job.parents > 0) children_.push_back(id);
        if (locked.has_steps) with_steps_.push_back(id);
        highest_fence_ = std::max(highest_fence_, locked.job.fence);
    }

    void run(Session& session, const Dialect& dialect) const {
        const RowStatements& sql = dialect.row_statements();
        disconnect(session, sql, children_);
        forget_steps(session, sql, with_steps_);
        if (highest_fence_ > 0) raise_fences(session, highest_fence_);
        in_rows(ids_, add_id, [&](const std::string& rows) {
            session.query(dialect.limit_statements().stop_waiting).add_change(rows);
            session.query(sql.remove).add_change(rows);
        });
    }

private:
    std::vector<JobId> ids_, children_, with_steps_;
    std::int64_t highest_fence_ = 0;
};

std::vector<RemoveOutcome> remove_all(Session& session, const Dialect& dialect,
                                      std::span<const JobId> ids, CallTime now) {
    auto jobs = lock_jobs(session, dialect, ids);
    std::set<JobId> removed;
    Removal removal;
    auto outcomes = change_each(
        ids, jobs, RemoveOutcome::not_found, [&](const JobId& id, const LockedJob& locked) {
            if (!is_finished(locked.job.status)) return RemoveOutcome::not_finished;
            if (!removed.insert(id).second) return RemoveOutcome::not_found;
            removal.add(id, locked);
            if (!locked.has_children) return RemoveOutcome::removed;
            // A child that this stops may be one of those that are left to remove.
            for (const Promoted& child :
                 unblock_children_of(session, dialect.row_statements(), id, locked.job.status, now))
                if (const auto other = jobs.find(child.id); other != jobs.end())
                    other->second.job.status = child.status;
            return RemoveOutcome::removed;
        });
    removal.run(session, dialect);
    return outcomes;
}

std::vector<RunNowOutcome> run_all_now(Session& session, const Dialect& dialect,
                                       std::span<const JobId> ids, CallTime now) {
    auto jobs = lock_jobs(session, dialect, ids);
    const Timestamp time = time_of(session, now);
    std::vector<JobId> made_due;
    auto outcomes =
        change_each(ids, jobs, RunNowOutcome::not_found, [&](const JobId& id, LockedJob& locked) {
            const auto outcome = transitions::run_now(locked.job, time);
            if (outcome == RunNowOutcome::made_due) made_due.push_back(id);
            return outcome;
        });
    add_change(session, dialect, dialect.row_statements().run_now, made_due, now);
    return outcomes;
}

} // namespace

CancelOutcome SqlJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    return operators_->cancel({&id, 1}, cancellation).front();
}

RetryOutcome SqlJobStore::retry(const JobId& id) { return operators_->retry({&id, 1}).front(); }

RemoveOutcome SqlJobStore::remove(const JobId& id) { return operators_->remove({&id, 1}).front(); }

std::vector<CancelOutcome> SqlJobStore::Operators::cancel(std::span<const JobId> ids,
                                                          const Cancellation& cancellation) {
    check_batch(ids);
    validate(cancellation);
    if (ids.empty()) return {};
    auto outcomes = store_.transact(Access::writing, [&](Session& session, CallTime now) {
        return cancel_all(session, *store_.dialect_, ids, cancellation, now);
    });
    std::vector<JobId> cancelled;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (outcomes[i] == CancelOutcome::cancelled) cancelled.push_back(ids[i]);
    store_.finished_parents_.add(cancelled);
    return outcomes;
}

std::vector<RetryOutcome> SqlJobStore::Operators::retry(std::span<const JobId> ids) {
    check_batch(ids);
    if (ids.empty()) return {};
    return store_.transact(Access::writing, [&](Session& session, CallTime now) {
        return retry_all(session, *store_.dialect_, ids, now);
    });
}

std::vector<RemoveOutcome> SqlJobStore::Operators::remove(std::span<const JobId> ids) {
    check_batch(ids);
    if (ids.empty()) return {};
    return store_.transact(Access::writing, [&](Session& session, CallTime now) {
        return remove_all(session, *store_.dialect_, ids, now);
    });
}

std::vector<RunNowOutcome> SqlJobStore::Operators::run_now(std::span<const JobId> ids) {
    check_batch(ids);
    if (ids.empty()) return {};
    return store_.transact(Access::writing, [&](Session& session, CallTime now) {
        return run_all_now(session, *store_.dialect_, ids, now);
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
