#include "store/sql_job_store.hpp"

#include "statements/statements.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"
#include "store/limit_table.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Returns `read(row)` of the row that a statement returns.
auto first_of(Query& query, const auto& read, const auto&... arguments) {
    std::invoke_result_t<decltype(read), Row&> found = {};
    query.for_first([&](Row row) { found = read(row); }, arguments...);
    return found;
}

} // namespace

SqlJobStore::Counted SqlJobStore::read_counted(Row& row) {
    Counted found;
    found.number = static_cast<std::size_t>(row.number());
    found.at = row.time();
    found.oldest = row.optional_time();
    return found;
}

/// Counts up to `most` by `count(range, most)`; a look below the mark asks for one row only.
SqlJobStore::Counted SqlJobStore::count_from_watermark(CountWatermarks& watermarks,
                                                       std::string_view of, std::size_t most,
                                                       const auto& count) {
    const auto find = [&](const DueRange& below) { return count(below, std::size_t{1}).oldest; };
    const Timestamp watermark = watermarks.begin(of, find, steady_now);
    const auto began = steady_now();
    const Counted found = count(DueRange{watermark, Timestamp::max()}, most);
    watermarks.end(of, found.oldest, found.at, began, steady_now());
    return found;
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
    const PageStatement statement = list_statement(query, dialect_->page_words(index_of(query)));
    return transact(Access::reading, [&](Session& session, CallTime) {
        JobPage page;
        session.query({"list", statement.text, columns::job})
            .for_each_of([&](Row row) { page.jobs.push_back(read_job(row)); },
                         std::span(statement.arguments));
        page.more = page.jobs.size() > query.limit;
        if (page.more) page.jobs.pop_back();
        read_steps(session, dialect_->row_statements(), std::span(page.jobs));
        return page;
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

SqlJobStore::Counted SqlJobStore::count_due(Session& session, std::string_view queue,
                                            std::size_t most, CallTime now) {
    Query& count = session.query(dialect_->store_statements().count_waiting);
    return count_from_watermark(
        waiting_watermarks_, queue, most, [&](const DueRange& range, std::size_t limit) {
            const CallTime until =
                range.to == Timestamp::max() ? now : CallTime(range.to - Duration{1});
            return first_of(count, read_counted, until, queue, range.from, limit);
        });
}

Workload SqlJobStore::workload(std::string_view queue, std::string_view type) {
    check_workload(queue, type);
    return transact(Access::reading, [&](Session& session, CallTime now) {
        const StoreStatements& sql = dialect_->store_statements();
        Duration sum{};
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
        constexpr std::size_t most = Workload::count_limit;
        result.waiting = count_due(session, queue, most, now).number;
        result.processing =
            count_from_watermark(processing_watermarks_, queue, most, processing).number;
        const auto runs = count_from_watermark(run_watermarks_, type, most, latest).number;
        if (runs > 0)
            result.typical_run = std::max(sum / static_cast<Duration::rep>(runs), Duration::zero());
        session.query(shared::sql.paused)
            .for_first([&](Row row) { result.paused = row.number() != 0; }, queue);
        return result;
    });
}

std::vector<Limit> SqlJobStore::limits() {
    return transact(Access::reading,
                    [&](Session& session, CallTime) { return read_limits(session); });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
