#include "store/sql_job_store.hpp"

#include "db/json_rows.hpp"
#include "statements/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"
#include "store/limit_table.hpp"
#include "store/limited_exchange.hpp"
#include "store/purged_jobs.hpp"
#include "store/times_ahead.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr int max_tries = 5;
constexpr Duration longest_wait =
    std::chrono::years{7000}; ///< a job that is never_due waits longer

// The names of sweeps that are not of one type.
const std::string all_leases, tombstones;

/// Randomised backoff between retries, for example after a deadlock.
void wait_before_retry(int tries) {
    thread_local std::minstd_rand random(std::random_device{}());
    const std::chrono::microseconds longest{2'000 << tries};
    std::this_thread::sleep_for(longest * std::uniform_real_distribution(0.1, 1.0)(random));
}

/// Returns `read(row)` of the row that a statement returns.
auto first_of(Query& query, const auto& read, const auto&... arguments) {
    std::invoke_result_t<decltype(read), Row&> found = {};
    query.for_first([&](Row row) { found = read(row); }, arguments...);
    return found;
}

/// Runs a statement that returns the time and the oldest due entry.
SweepFindings find_due(Query& query, CallTime now, const auto&... of_what) {
    const auto read = [](Row& row) {
        SweepFindings findings;
        findings.now = row.time();
        findings.oldest = row.optional_time();
        return findings;
    };
    return first_of(query, read, now, of_what...);
}

struct Counted {
    std::size_t number = 0;
    Timestamp at = {};
    std::optional<Timestamp> oldest = {};
};

Counted read_counted(Row& row) {
    Counted found;
    found.number = static_cast<std::size_t>(row.number());
    found.at = row.time();
    found.oldest = row.optional_time();
    return found;
}

/// Counts by `count(range, most)`; a look below the mark asks for one row only.
std::size_t count_from_watermark(CountWatermarks& watermarks, std::string_view of,
                                 const auto& count) {
    const auto find = [&](const DueRange& below) { return count(below, std::size_t{1}).oldest; };
    const Timestamp watermark = watermarks.begin(of, find, steady_now);
    const auto began = steady_now();
    const Counted found = count(DueRange{watermark, Timestamp::max()}, Workload::count_limit);
    watermarks.end(of, found.oldest, found.at, began, steady_now());
    return found.number;
}

} // namespace

SqlJobStore::SqlJobStore(std::unique_ptr<Dialect> dialect, const StoreOptions& options)
    : dialect_(std::move(dialect)),
      readers_(options.readers, options.busy_timeout, dialect_->is_remote(),
               [dialect = dialect_] { return dialect->open(); }),
      writers_(dialect_->max_writers(), options.busy_timeout, dialect_->is_remote(),
               [dialect = dialect_] { return dialect->open(); }),
      lease_watermarks_(dialect_->widest_look()), advance_watermarks_(dialect_->widest_look()),
      finished_watermarks_(dialect_->widest_look()), waiting_watermarks_(dialect_->widest_look()),
      processing_watermarks_(dialect_->widest_look()), run_watermarks_(dialect_->widest_look()) {
    // Another process may be making the same schema or tables.
    for (int tries = 1; !try_to_prepare(tries == max_tries); ++tries) wait_before_retry(tries);
    wakeups_ = dialect_->connect(notifier());
    // The first sweep checks a server's clock: opening needs no further session.
    if (!dialect_->keeps_time()) return;
    try {
        look_at_clock();
    } catch (const Error&) { // the first sweep does it
    }
}

bool SqlJobStore::try_to_prepare(bool is_last) {
    auto session = writers_.borrow();
    try {
        const bool are_current = tables_are_current(*dialect_, *session);
        dialect_->prepare(*session);
        if (!are_current) migrate(*dialect_, *session);
        return true;
    } catch (const soci::soci_error& error) {
        const Fault fault = fail(session, error, Stage::working);
        session.discard(); // a migration may have lifted its limits
        if (is_last || !fault.is_worth_repeating) throw Error(fault.code, fault.message);
        return false;
    } catch (...) {
        session.discard();
        throw;
    }
}

Fault SqlJobStore::fail(SessionPool::Loan& session, const soci::soci_error& error, Stage stage) {
    Fault fault = dialect_->classify(*session, error, stage);
    if (!dialect_->rollback(*session) || fault.session_is_lost) session.discard();
    return fault;
}

void SqlJobStore::begin(Session& session, Access access) {
    switch (access) {
    case Access::reading:
        return dialect_->begin_read(session);
    case Access::writing:
        return dialect_->begin_write(session);
    case Access::batch:
        return dialect_->begin_batch(session);
    }
}

template <typename Work>
auto SqlJobStore::transact(Access access, Work&& work) {
    follow_clock();
    auto& pool = access == Access::reading ? readers_ : writers_;
    for (int tries = 1;; ++tries) {
        auto session = pool.borrow();
        Stage stage = Stage::working;
        try {
            begin(*session, access);
            auto result = work(*session, dialect_->now(*session));
            if (access != Access::reading) stage = Stage::committing;
            dialect_->commit(*session);
            return result;
        } catch (const soci::soci_error& error) {
            const Fault fault = fail(session, error, stage);
            if (!fault.is_worth_repeating || tries == max_tries || session.was_interrupted())
                throw Error(fault.code, fault.message);
            if (fault.session_is_lost) pool.discard_idle();
        } catch (...) {
            if (!dialect_->rollback(*session)) session.discard();
            throw;
        }
        wait_before_retry(tries);
    }
}

/// If the time is known without a query, a clock that was set back is noticed at once.
void SqlJobStore::follow_clock() {
    if (const auto now = dialect_->clock()) clock_.saw(*now, clock_tolerance);
    if (const Duration by = clock_.take_set_back(); by > Duration::zero()) carry_out({.by = by});
}

void SqlJobStore::look_at_clock() {
    const bool keeps_time = dialect_->keeps_time();
    const auto found = transact(Access::reading, [&](Session& session, CallTime now) {
        return read_clock(session, keeps_time, now);
    });
    clock_.saw(found.now, StoreClock::tolerance); // the next may come from another server
    follow_clock();
    const auto [task, writes] = clock_.look(found, steady_now());
    if (writes) { // before leases are moved back, so that their holders learn the reason
        transact(Access::writing, [&](Session& session, CallTime now) {
            keep_time(session, now);
            return true;
        });
        clock_.wrote(found.now);
    }
    if (task) carry_out(*task);
}

void SqlJobStore::carry_out(const StoreClock::Task& task) {
    const auto began = steady_now();
    try {
        const Duration by = move_times_back(task);
        clock_.moved_back(task, by, began, steady_now());
    } catch (...) {
        clock_.give_back(task.by);
        throw;
    }
    for (SweepWatermarks* watermarks :
         {&lease_watermarks_, &advance_watermarks_, &finished_watermarks_})
        watermarks->forget();
    for (CountWatermarks* watermarks :
         {&waiting_watermarks_, &processing_watermarks_, &run_watermarks_})
        watermarks->forget();
    dialect_->forget_watermarks();
}

/// In pieces, as all jobs may be affected. Returns by how much the times were moved.
Duration SqlJobStore::move_times_back(const StoreClock::Task& task) {
    std::vector<PieceOfJobs> ahead;
    std::optional<Duration> furthest;
    for (PieceOfJobs piece; !piece.is_end;) {
        piece = transact(Access::reading, [&, after = piece.last](Session& session, CallTime now) {
            return read_ahead(session, after, now);
        });
        if (!piece.ahead) continue;
        furthest = std::max(piece.ahead, furthest);
        ahead.push_back(piece);
    }
    const Duration by = furthest.value_or(task.by);
    for (const PieceOfJobs& piece : ahead)
        transact(Access::writing, [&](Session& session, CallTime now) {
            move_back(session, piece, by, task.with_leases, now);
            return true;
        });
    if (task.with_leases)
        transact(Access::writing, [&](Session& session, CallTime now) {
            shorten_leases(session, now);
            return true;
        });
    return by;
}

/// The time of the slowest clock, which decides when leases and retention end.
CallTime SqlJobStore::sweep_time(CallTime now) {
    if (now) *now -= clock_.others_behind(steady_now());
    return now;
}

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

/// Returns where a sweep begins: `find(session, now, watermark)` runs its statement.
Timestamp SqlJobStore::sweep_from(SweepWatermarks& watermarks, std::string_view of,
                                  const auto& find) {
    const auto look = [&](const DueRange& below) {
        return transact(Access::reading, [&](Session& session, CallTime) {
            return find(session, CallTime(below.to - Duration{1}), below.from).oldest;
        });
    };
    return watermarks.begin(of, look, steady_now);
}

/// As sweep_from(); empty if nothing is due.
std::optional<Timestamp> SqlJobStore::find_to_sweep(SweepWatermarks& watermarks,
                                                    std::string_view of, const auto& find) {
    const Timestamp watermark = sweep_from(watermarks, of, find);
    const auto found = transact(Access::reading, [&](Session& session, CallTime now) {
        return find(session, sweep_time(now), watermark);
    });
    watermarks.end(of, found.watermark(), steady_now());
    return found.oldest ? std::optional(watermark) : std::nullopt;
}

std::vector<Rescued> SqlJobStore::rescue(std::size_t limit, int crash_limit) {
    check_rescue(limit, crash_limit);
    look_at_clock();
    const auto find = [&](Session& session, CallTime now, Timestamp watermark) {
        return find_due(session.query(dialect_->store_statements().expired_lease), now, watermark);
    };
    const auto watermark = find_to_sweep(lease_watermarks_, all_leases, find);
    if (!watermark) return {};
    auto rescued = transact(Access::batch, [&](Session& session, CallTime now) {
        return dialect_->rescue(session, *watermark, limit, crash_limit, sweep_time(now));
    });
    std::vector<JobId> finished;
    for (const Rescued& one : rescued)
        if (is_finished(one.status)) finished.push_back(one.id);
    finished_parents_.add(finished);
    if (finished.size() < rescued.size()) waiting_watermarks_.recount();
    return rescued;
}

std::vector<Promoted> SqlJobStore::promote(std::size_t limit) {
    check_limit(limit);
    for (;;) {
        bool were_any_known = false;
        auto unblocked = finished_parents_.take(limit, [&](std::span<JobId> known) {
            were_any_known = !known.empty();
            std::ranges::sort(known); // the order in which they are locked
            return promote(known, limit);
        });
        // Callers stop at an empty result, so continue while other parents may be left.
        if (!unblocked.empty() || !were_any_known) return unblocked;
    }
}

std::vector<Promoted> SqlJobStore::promote(std::span<const JobId> known, std::size_t limit) {
    const RowStatements& sql = dialect_->row_statements();
    const auto find = [&](Session& session, CallTime now, Timestamp watermark) {
        return find_due(session.query(dialect_->store_statements().to_advance), now, watermark);
    };
    const Timestamp watermark = sweep_from(advance_watermarks_, all_leases, find);
    const bool looks = known.empty() && finished_pauses_.may_look(steady_now());
    bool is_any = false;
    const auto due = transact(Access::reading, [&](Session& session, CallTime now) {
        const auto found = find(session, now, watermark);
        const auto look_began = steady_now();
        is_any = looks && session.query(sql.any_finished).for_first([](Row) {});
        if (looks) finished_pauses_.looked(look_began, steady_now());
        return found;
    });
    advance_watermarks_.end(all_leases, due.watermark(), steady_now());
    if (known.empty() && !is_any && !due.oldest) return {};
    std::vector<JobId> left;
    std::size_t advanced = 0;
    auto unblocked = transact(Access::writing, [&](Session& session, CallTime now) {
        left.clear();
        auto result = soci_adapter::promote(session, sql, known, is_any, limit, now, left);
        advanced = due.oldest ? dialect_->advance(session, watermark, limit, now) : 0;
        return result;
    });
    finished_parents_.add(left);
    if (advanced > 0) waiting_watermarks_.recount();
    return unblocked;
}

std::vector<std::string> SqlJobStore::finished_types(Session& session) {
    std::vector<std::string> types;
    std::string type;
    const auto take_type = [&](Row row) { type = row.take_text(); };
    while (session.query(dialect_->store_statements().next_type).for_first(take_type, type))
        types.push_back(type);
    return types;
}

void SqlJobStore::trim_log() {
    auto session = readers_.borrow();
    try {
        dialect_->trim_log(*session);
    } catch (const soci::soci_error& error) { // if it persists, the next call reports it
        fail(session, error, Stage::working);
    }
}

std::size_t SqlJobStore::purge(std::size_t limit) {
    check_limit(limit);
    trim_log();
    const auto began = steady_now();
    if (limited_queues_.were_claimed_from())
        limited_queues_.set_swept_to(transact(Access::writing, [&](Session& session, CallTime now) {
            return forget_idle_buckets(session, *dialect_, limited_queues_.swept_to(), now);
        }));
    if (finished_watermarks_.may_miss_names(began)) {
        auto types = transact(Access::reading,
                              [&](Session& session, CallTime) { return finished_types(session); });
        finished_watermarks_.set_names(std::move(types), began, steady_now());
    }
    const auto tombstones_from = find_to_sweep(
        finished_watermarks_, tombstones, [&](Session& session, CallTime now, Timestamp watermark) {
            return find_due(session.query(dialect_->store_statements().past_tombstone), now,
                            watermark);
        });
    std::map<std::string, Timestamp> due;
    for (const std::string& type : finished_watermarks_.names()) {
        const auto from = find_to_sweep(
            finished_watermarks_, type, [&](Session& session, CallTime now, Timestamp watermark) {
                return find_due(session.query(dialect_->store_statements().expired_job), now, type,
                                watermark);
            });
        if (from) due.emplace(type, *from);
    }
    if (due.empty() && !tombstones_from) return 0;
    return transact(Access::writing, [&](Session& session, CallTime call_time) {
        const CallTime now = sweep_time(call_time);
        if (tombstones_from)
            session.query(dialect_->store_statements().forget_tombstones)
                .change(*tombstones_from, now, limit);
        std::size_t purged = 0;
        for (const auto& [type, watermark] : due)
            if (purged < limit)
                purged += dialect_->purge(session, type, watermark, limit - purged, now);
        return purged;
    });
}

std::optional<std::string> SqlJobStore::tombstone_owner(const JobId& id) {
    return transact(Access::reading, [&](Session& session, CallTime now) {
        std::optional<std::string> owner;
        session.query(shared::sql.tombstone_owner)
            .for_first([&](Row row) { owner = row.take_text(); }, id, now);
        return owner;
    });
}

std::vector<std::optional<Job>> SqlJobStore::find(std::span<const JobId> ids) {
    return read(ids, {dialect_->store_statements().find, read_job});
}

std::vector<std::optional<Job>> SqlJobStore::find_summaries(std::span<const JobId> ids) {
    return read(ids, {dialect_->store_statements().find_summaries, read_summary});
}

std::vector<std::optional<Job>> SqlJobStore::read(std::span<const JobId> ids,
                                                  const JobReading& how) {
    if (ids.empty()) return {};
    return transact(Access::reading, [&](Session& session, CallTime) {
        std::vector<std::optional<Job>> jobs;
        jobs.reserve(ids.size());
        dialect_->find(session, ids, how, jobs);
        read_steps(session, dialect_->row_statements(), std::span(jobs));
        return jobs;
    });
}

JobPage SqlJobStore::list(const JobQuery& query) {
    validate(query);
    const std::string statement = list_statement(query, dialect_->page_words(query));
    return transact(Access::reading, [&](Session& session, CallTime) {
        JobPage page;
        Query& select = session.query({"list", statement, columns::job});
        std::vector<std::string_view> conditions;
        if (query.owner) conditions.push_back(*query.owner);
        if (query.queue) conditions.push_back(*query.queue);
        if (query.type) conditions.push_back(*query.type);
        if (query.idempotency_key) conditions.push_back(*query.idempotency_key);
        if (query.needed_by) conditions.push_back(query.needed_by->text());
        if (query.before) conditions.push_back(query.before->text());
        select.for_each_of([&](Row row) { page.jobs.push_back(read_job(row)); }, conditions,
                           static_cast<std::int64_t>(query.limit) + 1);
        page.more = page.jobs.size() > query.limit;
        if (page.more) page.jobs.pop_back();
        read_steps(session, dialect_->row_statements(), std::span(page.jobs));
        return page;
    });
}

std::optional<JobStatus> SqlJobStore::lock(Session& session, const JobId& id) {
    std::optional<JobStatus> status;
    session.query(dialect_->store_statements().lock)
        .for_first([&](Row row) { status = read_status(row); }, id);
    return status;
}

CancelOutcome SqlJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    validate(cancellation);
    const auto outcome = transact(Access::writing, [&](Session& session, CallTime now) {
        const auto status = lock(session, id);
        if (!status) return CancelOutcome::not_found;
        std::optional<std::string_view> reason;
        if (!cancellation.reason.empty()) reason = cancellation.reason;
        switch (*status) {
        case JobStatus::pending:
            session.query(shared::sql.cancel_pending).change(now, reason, id);
            return CancelOutcome::cancelled;
        case JobStatus::processing:
            session
                .query(cancellation.force ? shared::sql.cancel_processing
                                          : shared::sql.request_cancel)
                .change(now, reason, id);
            return cancellation.force ? CancelOutcome::cancelled : CancelOutcome::requested;
        case JobStatus::cancelled:
            return CancelOutcome::already_cancelled;
        case JobStatus::completed:
        case JobStatus::failed:
            break;
        }
        return CancelOutcome::already_finished;
    });
    if (outcome == CancelOutcome::cancelled) finished_parents_.add({&id, 1});
    return outcome;
}

RetryOutcome SqlJobStore::retry(const JobId& id) {
    return transact(Access::writing, [&](Session& session, CallTime now) {
        const auto status = lock(session, id);
        if (!status) return RetryOutcome::not_found;
        if (!is_finished(*status)) return RetryOutcome::not_finished;
        if (*status == JobStatus::completed) return RetryOutcome::already_completed;
        const bool restarted =
            session.query(dialect_->store_statements().restart).change(now, id) == 1;
        return restarted ? RetryOutcome::retried : RetryOutcome::key_taken;
    });
}

RemoveOutcome SqlJobStore::remove(const JobId& id) {
    return transact(Access::writing, [&](Session& session, CallTime now) {
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
        session.query(shared::sql.waits_no_more).change(id);
        session.query(shared::sql.remove).change(id);
        return RemoveOutcome::removed;
    });
}

Workload SqlJobStore::workload(std::string_view queue, std::string_view type) {
    check_workload(queue, type);
    return transact(Access::reading, [&](Session& session, CallTime now) {
        const StoreStatements& sql = dialect_->store_statements();
        Duration sum{};
        const auto waiting = [&](const DueRange& range, std::size_t most) {
            const CallTime until =
                range.to == Timestamp::max() ? now : CallTime(range.to - Duration{1});
            return first_of(session.query(sql.count_waiting), read_counted, until, queue,
                            range.from, most);
        };
        const auto processing = [&](const DueRange& range, std::size_t most) {
            return first_of(session.query(sql.count_processing), read_counted, now, queue,
                            range.from, range.to, most);
        };
        const auto latest = [&](const DueRange& range, std::size_t) {
            const auto read = [&](Row& row) {
                const Counted found = read_counted(row);
                sum = row.duration();
                return found;
            };
            return first_of(session.query(sql.latest_runs), read, now, type, range.from, range.to);
        };
        Workload result;
        result.waiting = count_from_watermark(waiting_watermarks_, queue, waiting);
        result.processing = count_from_watermark(processing_watermarks_, queue, processing);
        if (const auto runs = count_from_watermark(run_watermarks_, type, latest); runs > 0)
            result.typical_run = std::max(sum / static_cast<Duration::rep>(runs), Duration::zero());
        session.query(shared::sql.paused)
            .for_first([&](Row row) { result.paused = row.number() != 0; }, queue);
        return result;
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
}

void SqlJobStore::interrupt() noexcept {
    readers_.interrupt();
    writers_.interrupt();
}

std::vector<Limit> SqlJobStore::limits() {
    return transact(Access::reading,
                    [&](Session& session, CallTime) { return read_limits(session); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
