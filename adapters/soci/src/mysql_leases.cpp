#include "job_row.hpp"
#include "mysql_batch.hpp"
#include "mysql_dialect.hpp"
#include "mysql_statements.hpp"

#include <asyncjobs/store_helpers.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A job under lease, locked.
struct Held {
    std::int64_t fence = 0;
    bool cancel_requested = false;
    Progress progress = {};
    int attempt = 0;
    int crashes = 0;
    Duration retention = {};
    Timestamp run_at = {};
    bool has_children = false; ///< that may have to be told
};

/// In the order of ids, so that two transactions never wait for one another.
std::map<JobId, Held> lock_held(MysqlSession& session, std::vector<JobId> ids) {
    std::ranges::sort(ids);
    std::map<JobId, Held> held;
    session.query(mysql::lock_all)
        .for_each(
            [&](Row row) {
                const JobId id = read_id(row);
                Held& job = held[id];
                job.fence = row.number();
                job.cancel_requested = row.optional_time().has_value();
                job.progress.percent = row.small_number();
                job.progress.message = row.take_text();
                job.attempt = row.small_number();
                job.crashes = row.small_number();
                job.retention = row.duration();
                job.run_at = row.time();
                job.has_children = row.number() == 1;
            },
            ids_of(ids.begin(), ids.end(), [](const JobId& id) { return id; }));
    return held;
}

/// Ends leases, many at once.
class LeaseEnds {
public:
    LeaseEnds(MysqlSession& session, Timestamp now) : session_(session), now_(now) {}

    /// What the job is now. The settlement must live until write().
    JobStatus add(const Settlement& settlement, Held job) {
        using Kind = Settlement::Kind;
        const JobId& id = settlement.lease().id;
        const auto& reported = settlement.progress();
        std::optional<std::string_view> message, result;
        const JobError* error = nullptr;
        if (reported && reported->percent >= job.progress.percent) {
            job.progress.percent = reported->percent;
            message = reported->message;
        }
        auto status = JobStatus::pending;
        switch (settlement.kind()) {
        case Kind::completed:
            status = JobStatus::completed;
            job.progress.percent = 100;
            result = long_texts_.inlined(mysql::append_to_result, id, settlement.result().text());
            break;
        case Kind::failed:
            status = JobStatus::failed;
            error = &settlement.error();
            break;
        case Kind::cancelled:
            status = JobStatus::cancelled;
            break;
        case Kind::retried:
            error = &settlement.error();
            break;
        case Kind::released:
            job.attempt = std::max(job.attempt - 1, 0);
            break;
        }
        if (status == JobStatus::pending && job.cancel_requested) status = JobStatus::cancelled;
        if (status == JobStatus::pending) job.run_at = now_ + settlement.delay();
        add(id, status, job, message, result, error);
        return status;
    }

    /// A lease that ran out: see JobStore::rescue().
    JobStatus add_expired(const JobId& id, Held job, int crash_limit) {
        ++job.crashes;
        job.attempt = std::max(job.attempt - 1, 0);
        static const JobError lost = worker_lost();
        const JobError* error = nullptr;
        auto status = job.cancel_requested ? JobStatus::cancelled : JobStatus::pending;
        if (job.crashes >= crash_limit) {
            status = JobStatus::failed;
            error = &lost;
        }
        if (status == JobStatus::pending) job.run_at = now_;
        add(id, status, job, {}, {}, error);
        return status;
    }

    void write() {
        if (rows_.count() == 0) return;
        session_.query(mysql::end_leases).change(rows_.take(), now_);
        long_texts_.write(session_);
        errors_.clear();
    }

private:
    std::string_view add_error(const JobId& id, const JobError& error) {
        errors_.push_back(std::make_unique<std::string>(to_text(error)));
        return long_texts_.inlined(mysql::append_to_error, id, *errors_.back());
    }

    void add(const JobId& id, JobStatus status, const Held& job,
             std::optional<std::string_view> message, std::optional<std::string_view> result,
             const JobError* failed_by) {
        std::optional<std::string_view> error;
        std::optional<std::string> entry;
        if (failed_by) {
            error = add_error(id, *failed_by);
            entry = attempt_entry(*failed_by);
        }
        const auto time_if = [&](bool holds) { return holds ? std::optional(now_) : std::nullopt; };
        rows_.add(id, to_string(status), job.progress.percent, message, job.attempt, job.crashes,
                  job.run_at, time_if(status == JobStatus::completed),
                  time_if(status == JobStatus::failed), time_if(status == JobStatus::cancelled),
                  is_finished(status) ? std::optional(now_ + job.retention) : std::nullopt, result,
                  error, entry);
        if (rows_.count() == max_batch_rows || rows_.size() > max_batch_bytes(session_)) write();
    }

    MysqlSession& session_;
    const Timestamp now_;
    JsonRows rows_;
    LongTexts long_texts_;
    std::vector<std::unique_ptr<std::string>> errors_;
};

bool has_unique_key(const NewJob& job) { return job.unique_key.has_value(); }

/// May come after `held.at(id)`, and is counted in it.
bool take_in(Held& job, const Progress& reported) {
    const bool is_news =
        reported.percent > job.progress.percent ||
        (reported.percent == job.progress.percent && reported.message != job.progress.message);
    if (is_news) job.progress = reported;
    return is_news;
}

} // namespace

void MysqlDialect::settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                          Exchange& answer) const {
    if (settlements.empty()) return;
    auto& own = MysqlSession::of(session);
    std::vector<JobId> ids;
    for (const Settlement& settlement : settlements) ids.push_back(settlement.lease().id);
    auto held = lock_held(own, std::move(ids));

    LeaseEnds ends(own, *now);
    std::vector<NewJob> follow_ups;
    std::vector<Submitted> submitted;
    const auto write = [&] {
        ends.write();
        submit(session, follow_ups, now, submitted);
        follow_ups.clear();
    };
    for (const Settlement& settlement : settlements) {
        const auto& [id, fence] = settlement.lease();
        const auto found = held.find(id);
        if (found == held.end() || found->second.fence != fence ||
            (settlement.kind() == Settlement::Kind::cancelled && !found->second.cancel_requested)) {
            answer.settled.push_back({});
            continue;
        }
        const bool has_children = found->second.has_children;
        const auto status = ends.add(settlement, std::move(found->second));
        answer.settled.push_back({true, status});
        answer.has_to_unblock |= has_children && is_finished(status);
        held.erase(found);
        const auto& jobs = settlement.follow_ups();
        follow_ups.insert(follow_ups.end(), jobs.begin(), jobs.end());
        // Only what later settlements have not yet freed is taken.
        if (std::ranges::any_of(jobs, has_unique_key)) write();
    }
    write();
}

void MysqlDialect::exchange(Session& session, std::span<const Settlement> settlements,
                            const ClaimRequest& request, CallTime now, Exchange& answer) const {
    settle(session, settlements, now, answer);
    const auto claim = [&](const std::string& queue, std::size_t limit) {
        claim_from(session, queue, limit, request, *now, answer.claimed);
    };
    claim_queue_by_queue(session, mysql::next_due_in, request, now, answer, claim);
}

void MysqlDialect::claim_from(Session& session, std::string_view queue, std::size_t limit,
                              const ClaimRequest& request, Timestamp now,
                              std::vector<ClaimedJob>& answers) const {
    JsonRows ids;
    std::optional<Timestamp> oldest;
    const auto find = [&](Timestamp first, Timestamp last) {
        session.query(mysql::find_due)
            .for_each(
                [&](Row row) {
                    const Timestamp run_at = row.time();
                    oldest = std::min(oldest.value_or(run_at), run_at);
                    ClaimedJob job = read_claimed(row);
                    ++job.lease.fence;
                    ++job.attempt;
                    ids.add(job.lease.id);
                    answers.push_back(std::move(job));
                },
                now, queue, first, last, limit - ids.count());
    };
    const auto began = steady_now();
    const auto search = floors_.begin(queue, began);
    const auto start = std::ssize(answers);
    find(search.floor, now);
    const bool looks_below = search.floor > Timestamp::min() && search.looks_below;
    if (ids.count() < limit && looks_below) {
        const auto above = std::ssize(answers);
        find(Timestamp::min(), std::min(search.floor - Duration{1}, now));
        std::rotate(answers.begin() + start, answers.begin() + above, answers.end());
    }
    floors_.end(queue, search, oldest, ids.count() == limit, began, steady_now());
    if (ids.count() > 0)
        session.query(mysql::take).change(ids.take(), request.worker, now, now + request.lease_for);
}

void MysqlDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                         Duration lease_for, CallTime now, std::vector<Renewal>& answers) const {
    auto& own = MysqlSession::of(session);
    std::vector<JobId> ids;
    for (const Heartbeat& heartbeat : heartbeats) ids.push_back(heartbeat.lease.id);
    auto held = lock_held(own, std::move(ids));

    std::map<JobId, int> revisions;
    for (const auto& [lease, progress, step] : heartbeats) {
        const auto found = held.find(lease.id);
        if (found == held.end() || found->second.fence != lease.fence) {
            answers.push_back({});
            continue;
        }
        answers.push_back({true, found->second.cancel_requested});
        int& count = revisions[lease.id];
        if (progress && take_in(found->second, *progress)) ++count;
    }
    JsonRows rows;
    const auto write = [&] {
        if (rows.count() > 0) own.query(mysql::extend).change(rows.take(), *now + lease_for, now);
    };
    for (const auto& [id, count] : revisions) {
        const Progress& progress = held.at(id).progress;
        std::optional<std::string_view> message;
        if (count > 0) message = progress.message;
        rows.add(id, progress.percent, message, count);
        if (rows.count() == max_batch_rows || rows.size() > max_batch_bytes(own)) write();
    }
    write();
    for (const auto& [lease, progress, step] : heartbeats)
        if (step) own.query(mysql::add_step).change(step_entry(*step), lease.id, lease.fence);
}

std::vector<Rescued> MysqlDialect::rescue(Session& session, Timestamp floor, std::size_t limit,
                                          int crash_limit, CallTime now) const {
    std::vector<Rescued> rescued;
    LeaseEnds ends(MysqlSession::of(session), *now);
    std::vector<Held> expired;
    session.query(mysql::find_expired)
        .for_each(
            [&](Row row) {
                Rescued one;
                one.id = read_id(row);
                one.queue = row.take_text();
                Held& job = expired.emplace_back();
                job.cancel_requested = row.optional_time().has_value();
                job.progress.percent = row.small_number();
                job.attempt = row.small_number();
                job.crashes = row.small_number();
                job.retention = row.duration();
                job.run_at = row.time();
                rescued.push_back(std::move(one));
            },
            floor, now, limit);
    for (std::size_t i = 0; i < rescued.size(); ++i)
        rescued[i].status = ends.add_expired(rescued[i].id, expired[i], crash_limit);
    ends.write();
    return rescued;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
