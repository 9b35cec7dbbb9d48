#include "store/sql_operator_store.hpp"

#include "db/row_of.hpp"
#include "statements/statements.hpp"
#include "store/job_row.hpp"
#include "store/limit_table.hpp"

#include <asyncjobs/store/operator_helpers.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What one job waits for, within its transaction.
class SqlJobStore::Operators::Wait {
public:
    Wait(const OperatorStatements& sql, Session& session, const JobId& id, Timestamp now)
        : sql_(sql), session_(session), id_(id), now_(now) {}

    std::optional<JobWait> read() && {
        if (!session_.query(sql_.waiting_job).for_first([&](Row row) { read_job(row); }, id_))
            return std::nullopt;
        wait_.now = now_;
        if (wait_.status != JobStatus::pending) return JobWait{.status = wait_.status, .now = now_};
        session_.query(sql_.paused_since)
            .for_first([&](Row row) { wait_.paused_since = row.time(); }, wait_.queue);
        if (wait_.blocked_by > 0)
            wait_.parents = read_parents();
        else if (run_at_ > now_ && bucket_)
            read_limit_wait();
        else if (due_at_ > now_)
            wait_.not_before = due_at_;
        else
            wait_.before = count(sql_.count_before, wait_.queue, run_at_, id_);
        return std::move(wait_);
    }

private:
    void read_job(Row cells) {
        RowOf<columns::waiting_job> row(cells);
        wait_.status = parse_status(row.text("status"));
        wait_.queue = row.take_text("queue");
        wait_.type = row.take_text("type");
        wait_.blocked_by = static_cast<std::size_t>(std::max(row.small_number("blocked_by"), 0));
        run_at_ = row.time("run_at");
        due_at_ = row.time("due_at");
        bucket_ = row.optional_text("bucket");
        queued_at_ = row.optional_time("queued_at").value_or(run_at_);
    }

    std::vector<JobId> read_parents() {
        std::vector<JobId> ids;
        session_.query(sql_.open_parents)
            .for_each([&](Row row) { ids.push_back(read_id(row)); }, id_, JobWait::most_jobs);
        return ids;
    }

    Count count(const Sql& statement, const auto&... arguments) {
        std::int64_t rows = 0;
        session_.query(statement).for_first([&](Row row) { rows = row.number(); }, arguments...,
                                            most_counted);
        return count_of(rows);
    }

    void read_limit_wait() {
        LimitWait& wait = wait_.limit.emplace(limit_wait_in(*bucket_, read_limits(session_)));
        wait.before = count(sql_.count_before_in_bucket, *bucket_, queued_at_, id_);
        if (wait.limit.concurrency > 0) {
            const auto most = wait.limit.concurrency;
            session_.query(sql_.holders)
                .for_each(
                    [&](Row row) {
                        if (wait.held++ < JobWait::most_jobs) wait.holders.push_back(read_id(row));
                    },
                    *bucket_, std::min(most, most_counted));
        }
        if (wait.limit.rate == 0) return;
        session_.query(sql_.next_start)
            .for_first(
                [&](Row row) {
                    LimitBucket bucket{.next_at = row.time()};
                    const Timestamp next = asyncjobs::next_start(wait.limit, bucket, now_);
                    if (next > now_) wait.next_start = next;
                },
                *bucket_);
    }

    const OperatorStatements& sql_;
    Session& session_;
    const JobId& id_;
    const Timestamp now_;
    JobWait wait_;
    Timestamp run_at_, due_at_, queued_at_;
    std::optional<std::string> bucket_;
};

std::optional<JobWait> SqlJobStore::Operators::why(const JobId& id) {
    auto wait = store_.transact(Access::reading, [&](Session& session, CallTime call) {
        return Wait(sql(), session, id, time_of(session, call)).read();
    });
    if (wait && is_due(*wait)) wait->workers = worker_wait_of(*this, wait->queue, wait->type);
    return wait;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
