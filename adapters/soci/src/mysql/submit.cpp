#include "mysql/batch.hpp"
#include "mysql/dialect.hpp"
#include "mysql/fault.hpp"
#include "mysql/statements.hpp"
#include "store/dependencies.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/transitions.hpp>

#include <soci/mysql/soci-mysql.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// How many of `jobs` make one statement.
std::size_t batch_of(const MysqlSession& session, std::span<const NewJob> jobs) {
    std::size_t bytes = 0, count = 0;
    const auto limit = std::min(max_batch_rows, jobs.size());
    while (count < limit && bytes <= max_batch_bytes(session)) {
        const NewJob& job = jobs[count++];
        bytes += inlined_size(job.input.text()) + job.metadata.text().size();
    }
    return count;
}

struct Holder {
    JobId id;
    Timestamp created_at;
};
using Holders = std::map<std::string, Holder>; ///< by their keys

const Holder* holder_of(const Holders& among, const std::optional<std::string>& key) {
    const auto found = key ? among.find(*key) : among.end();
    return found == among.end() ? nullptr : &found->second;
}

/// The stored jobs that have the ids and keys of a batch's jobs.
struct Conflicts {
    std::unordered_map<JobId, Timestamp> ids = {}; ///< with their creation times
    Holders idempotency_keys = {}, unique_keys = {};
};

/// The ids and keys of jobs whose outcomes are not yet known.
class UndecidedJobs {
public:
    void add(const NewJob& job, const Conflicts& conflicts) {
        ids_.insert(job.id);
        if (const auto* holder = holder_of(conflicts.unique_keys, job.unique_key))
            ids_.insert(holder->id);
        if (job.idempotency_key) idempotency_keys_.insert(*job.idempotency_key);
        if (job.unique_key) unique_keys_.insert(*job.unique_key);
    }
    /// Whether the outcome of `job` depends on one of them, or both may replace the same job.
    bool affect(const NewJob& job, const Conflicts& conflicts) const {
        const auto* holder = holder_of(conflicts.unique_keys, job.unique_key);
        return ids_.contains(job.id) || (holder && ids_.contains(holder->id)) ||
               (job.idempotency_key && idempotency_keys_.contains(*job.idempotency_key)) ||
               (job.unique_key && unique_keys_.contains(*job.unique_key));
    }

private:
    std::unordered_set<JobId> ids_;
    std::set<std::string_view> idempotency_keys_, unique_keys_;
};

/// Submits a batch, as if one job after the other.
///
/// Inserts all at once. If some conflict with each other or with stored jobs, finds those, notes
/// their outcomes, and inserts the others.
class Submission {
public:
    /// `commits`: it is the last of its transaction.
    Submission(MysqlSession& session, std::span<const NewJob> jobs,
               const std::unordered_set<JobId>& waited_for, Timestamp now, bool commits,
               std::span<Submitted> outcomes)
        : session_(session), jobs_(jobs), waited_for_(waited_for), now_(now), commits_(commits),
          outcomes_(outcomes) {
        for (std::size_t i = 0; i < jobs.size(); ++i) open_.push_back(i);
    }

    void run() {
        constexpr int max_failures = 20;
        int failures = 0;
        auto [first, later] = take_apart({});
        while (!first.empty()) {
            if (insert(first, commits_ && later.empty())) {
                for (const auto i : first) outcomes_[i] = {Outcome::created, jobs_[i].id, now_};
                open_ = later;
                if (open_.empty()) return;
            } else if (++failures == max_failures) {
                throw Error(Errc::store_busy, "concurrent submits kept taking the jobs' keys");
            }
            std::tie(first, later) = take_apart(find_conflicts());
        }
    }

    /// Notes the outcomes of jobs whose ids or keys are taken. Returns whether all are.
    bool note_conflicts() {
        take_apart(find_conflicts());
        return open_.empty();
    }

private:
    using Outcome = Submitted::Outcome;
    using Indexes = std::vector<std::size_t>;

    /// Notes the outcomes of open jobs that conflict with `conflicts`. Returns those that conflict
    /// with nothing, and those whose outcomes depend on earlier undecided ones.
    std::pair<Indexes, Indexes> take_apart(const Conflicts& conflicts) {
        std::pair<Indexes, Indexes> parts;
        UndecidedJobs undecided;
        std::erase_if(open_, [&](std::size_t i) {
            const NewJob& job = jobs_[i];
            const bool is_first = !undecided.affect(job, conflicts);
            if (is_first && note_conflict(i, conflicts)) return true;
            undecided.add(job, conflicts);
            (is_first ? parts.first : parts.second).push_back(i);
            return false;
        });
        return parts;
    }

    /// Returns false, with nothing inserted or committed, if an id or a key is taken.
    bool insert(const Indexes& indexes, bool commits) {
        JsonRows rows;
        LongTexts long_texts;
        for (const auto i : indexes) {
            const NewJob& job = jobs_[i];
            const Timestamp run_at = transitions::run_at_of(job, now_);
            const NewTimes times = times_of(job, run_at, now_);
            rows.add(job.id, job.type, job.queue, job.owner, job.priority, job.max_attempts,
                     job.unique_key, job.idempotency_key, job.limit_key, job.timeout, job.retention,
                     transitions::keep_failed_of(job), times.run_at, times.not_before,
                     transitions::deadline_of(job, run_at),
                     long_texts.inlined(mysql::sql.append_to_input, job.id, job.input.text()),
                     metadata_of(job), waited_for_.contains(job.id) ? 1 : 0);
        }
        MysqlBatch& batch = session_.batch();
        try {
            batch.add_change(mysql::sql.insert, now_, rows.take());
            long_texts.write(session_, batch);
            if (commits)
                batch.commit();
            else
                batch.run();
        } catch (const soci::mysql_soci_error& error) {
            if (!is_duplicate(error.err_num_)) throw;
            return false;
        }
        return true;
    }

    Submitted conflict(const NewJob& job, Outcome outcome, const JobId& id, Timestamp created_at) {
        if (job.on_conflict == OnConflict::replace &&
            session_.query(shared::sql.replace)
                    .change(job.input.text(), transitions::run_at_of(job, now_), now_, id) == 1)
            outcome = Outcome::replaced;
        return {outcome, id, created_at};
    }

    bool note_conflict(std::size_t i, const Conflicts& conflicts) {
        const NewJob& job = jobs_[i];
        if (const auto found = conflicts.ids.find(job.id); found != conflicts.ids.end())
            outcomes_[i] = conflict(job, Outcome::id_exists, job.id, found->second);
        else if (const auto* first = holder_of(conflicts.idempotency_keys, job.idempotency_key))
            outcomes_[i] = {Outcome::repeated, first->id, first->created_at};
        else if (const auto* holder = holder_of(conflicts.unique_keys, job.unique_key))
            outcomes_[i] = conflict(job, Outcome::key_taken, holder->id, holder->created_at);
        else
            return false;
        return true;
    }

    Conflicts find_conflicts() {
        return {taken_ids(), having(mysql::sql.firsts_of_keys, &NewJob::idempotency_key),
                having(mysql::sql.key_holders, &NewJob::unique_key)};
    }

    /// Finds the rows that an INSERT conflicted with, which the transaction's snapshot may lack.
    Query& query_latest(const Sql& select) {
        if (session_.reads_latest) return session_.query(select);
        const std::string locking = std::string(select.text) + " LOCK IN SHARE MODE";
        return session_.query({select.name, locking, select.columns});
    }

    std::unordered_map<JobId, Timestamp> taken_ids() {
        std::unordered_map<JobId, Timestamp> taken;
        query_latest(mysql::sql.taken_ids)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    taken[id] = row.time();
                },
                ids_of(open_.begin(), open_.end(), [&](auto i) { return jobs_[i].id; }));
        return taken;
    }

    Holders having(const Sql& statement, std::optional<std::string> NewJob::*key) {
        Holders holders;
        JsonRows keys;
        for (const auto i : open_)
            if (jobs_[i].*key) keys.add(*(jobs_[i].*key));
        if (keys.count() == 0) return holders;
        query_latest(statement).for_each(
            [&](Row row) {
                Holder& holder = holders[row.take_text()];
                holder.id = read_id(row);
                holder.created_at = row.time();
            },
            keys.take());
        return holders;
    }

    MysqlSession& session_;
    const std::span<const NewJob> jobs_;
    const std::unordered_set<JobId>& waited_for_;
    const Timestamp now_;
    const bool commits_;
    const std::span<Submitted> outcomes_;
    Indexes open_;
};

} // namespace

void MysqlDialect::submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                          std::vector<Submitted>& outcomes) const {
    if (jobs.empty()) return;
    auto& own = MysqlSession::of(session);
    const std::size_t start = outcomes.size();
    const Timestamp time = time_of(session, now);
    const bool has_children =
        std::ranges::any_of(jobs, [](const NewJob& job) { return !job.after.empty(); });
    const auto waited_for = ids_waited_for(jobs);
    const auto insert = [&](std::span<const NewJob> some) {
        while (!some.empty()) {
            const auto batch = some.first(batch_of(own, some));
            some = some.subspan(batch.size());
            const bool commits = own.commits_last_batch() && some.empty() && !has_children;
            outcomes.resize(outcomes.size() + batch.size());
            Submission(own, batch, waited_for, time, commits,
                       std::span(outcomes).last(batch.size()))
                .run();
        }
    };
    const auto conflict = [&](const NewJob& job) {
        std::optional<Submitted> outcome = Submitted{};
        Submission one(own, {&job, 1}, waited_for, time, false, {&*outcome, 1});
        if (!one.note_conflicts()) outcome.reset();
        return outcome;
    };
    submit_in_order(session, mysql::sql.rows, jobs, {insert, conflict}, outcomes);
    watermarks_.expect(jobs, std::span(outcomes).subspan(start), steady_now());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
