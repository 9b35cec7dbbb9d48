#include "store/sql_job_store.hpp"

#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_steps.hpp"
#include "store/purged_jobs.hpp"
#include "store/sql_operator_store.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <numeric>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

std::optional<JobStatus> SqlJobStore::lock(Session& session, const JobId& id) {
    std::optional<JobStatus> status;
    session.query(dialect_->store_statements().lock)
        .for_first([&](Row row) { status = read_status(row); }, id);
    return status;
}

CancelOutcome SqlJobStore::cancel(Session& session, const JobId& id,
                                  const Cancellation& cancellation, CallTime now) {
    const auto status = lock(session, id);
    if (!status) return CancelOutcome::not_found;
    std::optional<std::string_view> reason;
    if (!cancellation.reason.empty()) reason = cancellation.reason;
    switch (*status) {
    case JobStatus::pending:
        session.query(shared::sql.cancel_pending).add_change(now, reason, id);
        return CancelOutcome::cancelled;
    case JobStatus::processing:
        session
            .query(cancellation.force ? shared::sql.cancel_processing : shared::sql.request_cancel)
            .add_change(now, reason, id);
        return cancellation.force ? CancelOutcome::cancelled : CancelOutcome::requested;
    case JobStatus::cancelled:
        return CancelOutcome::already_cancelled;
    case JobStatus::completed:
    case JobStatus::failed:
        break;
    }
    return CancelOutcome::already_finished;
}

RetryOutcome SqlJobStore::retry(Session& session, const JobId& id, CallTime now) {
    const auto status = lock(session, id);
    if (!status) return RetryOutcome::not_found;
    if (!is_finished(*status)) return RetryOutcome::not_finished;
    if (*status == JobStatus::completed) return RetryOutcome::already_completed;
    const bool restarted = session.query(dialect_->store_statements().restart).change(now, id) == 1;
    return restarted ? RetryOutcome::retried : RetryOutcome::key_taken;
}

RemoveOutcome SqlJobStore::remove(Session& session, const JobId& id, CallTime now) {
    const auto status = lock(session, id);
    if (!status) return RemoveOutcome::not_found;
    if (!is_finished(*status)) return RemoveOutcome::not_finished;
    const RowStatements& sql = dialect_->row_statements();
    unblock_children_of(session, sql, id, *status, now);
    disconnect(session, sql, {&id, 1});
    forget_steps(session, sql, {&id, 1});
    std::int64_t fence = 0;
    session.query(shared::sql.fence).for_first([&](Row row) { fence = row.number(); }, id);
    raise_fences(session, fence);
    session.query(shared::sql.waits_no_more).add_change(id);
    session.query(shared::sql.remove).add_change(id);
    return RemoveOutcome::removed;
}

/// Changes the jobs by `change_one(session, id, now)` in the order of their ids, so that two calls
/// do not wait for each other's locks.
template <typename Outcome>
std::vector<Outcome> SqlJobStore::change(std::span<const JobId> ids, const auto& change_one) {
    if (ids.empty()) return {};
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return ids[i]; });
    return transact(Access::writing, [&](Session& session, CallTime now) {
        std::vector<Outcome> outcomes(ids.size());
        for (const std::size_t i : order) outcomes[i] = change_one(session, ids[i], now);
        return outcomes;
    });
}

CancelOutcome SqlJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    return operators_->cancel({&id, 1}, cancellation).front();
}

RetryOutcome SqlJobStore::retry(const JobId& id) { return operators_->retry({&id, 1}).front(); }

RemoveOutcome SqlJobStore::remove(const JobId& id) { return operators_->remove({&id, 1}).front(); }

std::vector<CancelOutcome> SqlJobStore::Operators::cancel(std::span<const JobId> ids,
                                                          const Cancellation& cancellation) {
    check_batch(ids);
    validate(cancellation);
    auto outcomes =
        store_.change<CancelOutcome>(ids, [&](Session& session, const JobId& id, CallTime now) {
            return store_.cancel(session, id, cancellation, now);
        });
    std::vector<JobId> cancelled;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (outcomes[i] == CancelOutcome::cancelled) cancelled.push_back(ids[i]);
    store_.finished_parents_.add(cancelled);
    return outcomes;
}

std::vector<RetryOutcome> SqlJobStore::Operators::retry(std::span<const JobId> ids) {
    check_batch(ids);
    return store_.change<RetryOutcome>(ids, [&](Session& session, const JobId& id, CallTime now) {
        return store_.retry(session, id, now);
    });
}

std::vector<RemoveOutcome> SqlJobStore::Operators::remove(std::span<const JobId> ids) {
    check_batch(ids);
    return store_.change<RemoveOutcome>(ids, [&](Session& session, const JobId& id, CallTime now) {
        return store_.remove(session, id, now);
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
