#include "store/sql_job_store.hpp"

#include "db/json_rows.hpp"
#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"
#include "store/limit_table.hpp"
#include "store/limited_exchange.hpp"
#include "store/sql_operator_store.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr Duration longest_wait =
    std::chrono::years{7000}; ///< a job that is never_due waits longer

} // namespace

SqlJobStore::SqlJobStore(std::unique_ptr<Dialect> dialect, const StoreOptions& options)
    : dialect_(std::move(dialect)), transactions_(dialect_, options),
      lease_watermarks_(dialect_->widest_look()), advance_watermarks_(dialect_->widest_look()),
      finished_watermarks_(dialect_->widest_look()), waiting_watermarks_(dialect_->widest_look()),
      processing_watermarks_(dialect_->widest_look()), run_watermarks_(dialect_->widest_look()),
      operators_(std::make_unique<Operators>(*this)) {
    // Retried: another process may be making the same schema or tables.
    transactions_.prepare([&](Session& session) {
        const auto missing = settled_missing_migrations(*dialect_, session);
        check_may_migrate(*dialect_, missing, options);
        dialect_->prepare(session);
        if (!missing.empty()) migrate(*dialect_, session);
    });
    wakeups_ = dialect_->connect(notifier());
    // The first sweep checks a server's clock: opening needs no further session.
    if (!dialect_->keeps_time()) return;
    try {
        look_at_clock();
    } catch (const Error&) { // the first sweep does it
    }
}

SqlJobStore::~SqlJobStore() = default;

OperatorStore* SqlJobStore::operators() noexcept { return operators_.get(); }

std::vector<Submitted> SqlJobStore::submit(std::span<const NewJob> jobs) {
    if (jobs.empty()) return {};
    auto submitted = transact(Access::batch, [&](Session& session, CallTime now) {
        std::vector<Submitted> outcomes;
        outcomes.reserve(jobs.size());
        dialect_->submit(session, jobs, now, outcomes);
        return outcomes;
    });
    were_submitted(jobs);
    return submitted;
}

/// Lowers the marks that these jobs may be below.
void SqlJobStore::were_submitted(std::span<const NewJob> jobs) {
    const auto now = steady_now();
    for (const NewJob& job : jobs) {
        if (!job.after.empty()) finished_pauses_.end();
        if (job.priority == 0 && !job.run_at) continue;
        const Duration head_start = job.priority * priority_step;
        if (job.run_at)
            waiting_watermarks_.lower(job.queue, *job.run_at - head_start, now);
        else
            waiting_watermarks_.lower(job.queue, job.delay - head_start, now);
        if (job.on_conflict == OnConflict::replace) advance_watermarks_.forget();
    }
}

std::optional<Exchange> SqlJobStore::nothing_due(const ClaimRequest& request) {
    if (request.limit == 0) return Exchange{};
    return transact(Access::reading, [&](Session& session, CallTime now) {
        std::optional<Exchange> result;
        const auto due_in = next_due_in(session, shared::sql.next_due_in, request.queues, now);
        if (!due_in || *due_in > Duration::zero()) result.emplace().next_due_in = due_in;
        return result;
    });
}

bool SqlJobStore::is_limited(const ClaimRequest& request) {
    if (limited_queues_.are_known(steady_now())) return limited_queues_.any_of(request);
    std::vector<std::string> queues;
    transact(Access::reading, [&](Session& session, CallTime) {
        queues.clear();
        session.query(shared::sql.limited_queues).for_each([&](Row row) {
            queues.push_back(row.take_text());
        });
        return queues.size();
    });
    limited_queues_.set(std::move(queues), steady_now());
    return limited_queues_.any_of(request);
}

Exchange SqlJobStore::exchange(std::span<const Settlement> settlements,
                               const ClaimRequest& request) {
    validate(request);
    Exchange result = run_exchange(settlements, request);
    if (result.next_due_in > longest_wait) result.next_due_in.reset();
    if (result.needs_promotion) {
        std::vector<JobId> finished;
        for (std::size_t i = 0; i < settlements.size(); ++i)
            if (result.settled[i].accepted && is_finished(result.settled[i].status))
                finished.push_back(settlements[i].lease().id);
        finished_parents_.add(finished);
    }
    for (const Settlement& one : settlements) were_submitted(one.follow_ups());
    if (std::ranges::any_of(settlements, &Settlement::keeps_place)) waiting_watermarks_.recount();
    if (!result.claimed.empty())
        for (const std::string& queue : request.queues)
            processing_watermarks_.lower(queue, request.lease_for, steady_now());
    return result;
}

Exchange SqlJobStore::run_exchange(std::span<const Settlement> settlements,
                                   const ClaimRequest& request) {
    if (request.limit > 0 && is_limited(request))
        return transact(Access::writing, [&](Session& session, CallTime now) {
            return LimitedExchange(session, *dialect_, settlements, request, look_size_, now).run();
        });
    // With a single writer, a call that has nothing to write should not wait for the write lock.
    if (settlements.empty() && dialect_->max_writers() == 1)
        if (auto result = nothing_due(request)) return *std::move(result);
    return transact(Access::batch, [&](Session& session, CallTime now) {
        Exchange result;
        result.settled.reserve(settlements.size());
        dialect_->exchange(session, settlements, request, now, result);
        return result;
    });
}

std::vector<Renewal> SqlJobStore::renew(std::span<const Heartbeat> heartbeats, Duration lease_for) {
    check_lease_for(lease_for);
    if (heartbeats.empty()) return {};
    return transact(Access::batch, [&](Session& session, CallTime now) {
        std::vector<Renewal> renewals;
        renewals.reserve(heartbeats.size());
        dialect_->renew(session, heartbeats, lease_for, now, renewals);
        return renewals;
    });
}

std::vector<Renewal> SqlJobStore::check_leases(std::span<const LeaseRef> leases) {
    JsonRows rows;
    for (const auto& [id, fence] : leases) rows.add(id);
    const std::string text = rows.take();
    return transact(Access::reading, [&](Session& session, CallTime) {
        std::map<std::pair<JobId, std::int64_t>, Renewal> held;
        session.query(dialect_->row_statements().check)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    const std::int64_t fence = row.number();
                    held[{id, fence}] = {true, !row.next_is_null()};
                },
                text);
        std::vector<Renewal> renewals;
        for (const LeaseRef& lease : leases) renewals.push_back(held[{lease.id, lease.fence}]);
        return renewals;
    });
}

std::vector<ClaimedJob> SqlJobStore::leases_of(std::string_view worker) {
    check_worker(worker);
    const Timestamp watermark = lease_watermarks_.watermark_of(all_leases);
    return transact(Access::reading, [&](Session& session, CallTime now) {
        std::vector<ClaimedJob> jobs;
        session.query(dialect_->store_statements().leases_of)
            .for_each([&](Row row) { jobs.push_back(read_claimed(row)); }, worker, watermark, now);
        read_steps(session, dialect_->row_statements(), std::span(jobs));
        return jobs;
    });
}

void SqlJobStore::set_paused(std::string_view queue, bool paused) {
    check_queue(queue);
    transact(Access::writing, [&](Session& session, CallTime now) {
        return session.query(dialect_->store_statements().set_paused)
            .change(queue, paused ? 1 : 0, now);
    });
}

void SqlJobStore::set_limit(const Limit& limit) {
    validate(limit);
    transact(Access::writing, [&](Session& session, CallTime now) {
        soci_adapter::set_limit(session, *dialect_, limit, now);
        return true;
    });
    limited_queues_.forget();
    waiting_watermarks_.recount(); // jobs that waited for it are back at their places
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
