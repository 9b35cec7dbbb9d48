#include "job_row.hpp"
#include "mysql_dialect.hpp"
#include "mysql_fault.hpp"
#include "mysql_rows.hpp"
#include "mysql_session.hpp"
#include "mysql_statements.hpp"

#include <fmt/format.h>
#include <soci/mysql/soci-mysql.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace asyncjobs::soci_adapter {
namespace {

constexpr std::size_t max_batch = 1000;       ///< rows
constexpr std::size_t max_inline = 64 * 1024; ///< a longer payload has statements of its own
constexpr std::size_t most_of_a_piece = 4 * 1024 * 1024;

/// Of the payloads in a batch. Quoted as JSON and then as SQL, a byte may become four, and one
/// payload more may follow.
std::size_t max_batch_bytes(const MysqlSession& session) {
    return std::min<std::size_t>(1024 * 1024, session.max_packet / 8);
}

/// Payloads that are too long for their batch. Their column is made as an empty text.
class LongTexts {
public:
    /// What goes into the batch: `text`, or nothing yet.
    std::string_view inlined(const Sql& statement, const JobId& id, std::string_view text) {
        if (text.size() <= max_inline) return text;
        texts_.push_back({&statement, id, text});
        return {};
    }

    /// Completes the rows, whose texts must still be there.
    void write(MysqlSession& session) {
        for (const auto& [statement, id, text] : std::exchange(texts_, {})) {
            constexpr std::size_t slack = 4096;
            if (text.size() + slack > session.max_packet)
                throw Error(Errc::invalid_payload,
                            fmt::format("a payload of {} bytes is too large for the server's "
                                        "max_allowed_packet of {} bytes",
                                        text.size(), session.max_packet));
            append(session, *statement, id, text);
        }
    }

private:
    static void append(MysqlSession& session, const Sql& statement, const JobId& id,
                       std::string_view text) {
        const auto longest = std::min(most_of_a_piece, session.max_packet / 4);
        const auto is_inside_character = [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        };
        while (!text.empty()) {
            auto size = std::min(longest, text.size());
            while (size < text.size() && is_inside_character(text[size])) --size;
            session.query(statement).change(text.substr(0, size), id);
            text.remove_prefix(size);
        }
    }

    struct Text {
        const Sql* statement;
        JobId id;
        std::string_view text;
    };
    std::vector<Text> texts_;
};

std::string ids_of(auto first, auto last, auto id) {
    MysqlRows rows;
    for (; first != last; ++first) rows.add(id(*first));
    return rows.take();
}

// Submitting

/// How many of `jobs` make one statement.
std::size_t batch_of(const MysqlSession& session, std::span<const NewJob> jobs) {
    std::size_t bytes = 0, count = 0;
    const auto limit = std::min(max_batch, jobs.size());
    while (count < limit && bytes <= max_batch_bytes(session)) {
        const auto size = jobs[count++].input.text().size();
        bytes += size > max_inline ? 0 : size;
    }
    return count;
}

/// Submits a batch, as if one job after the other.
///
/// All are inserted at once; where some are in the way of each other or of what is there, those
/// are found and answered, and the others are inserted.
class Submission {
public:
    Submission(MysqlSession& session, std::span<const NewJob> jobs, Timestamp now,
               std::span<Submitted> answers)
        : session_(session), jobs_(jobs), now_(now), answers_(answers) {
        for (std::size_t i = 0; i < jobs.size(); ++i) open_.push_back(i);
    }

    void run() {
        constexpr int max_conflicts = 20;
        int conflicts = 0;
        while (!open_.empty()) {
            const auto [first, later] = take_apart();
            if (insert(first)) {
                for (const auto i : first) answers_[i] = {Outcome::created, jobs_[i].id, now_};
                open_ = later;
                if (open_.empty()) return;
            } else if (++conflicts == max_conflicts) {
                throw Error(Errc::store_busy, "others submit the same jobs at the same time");
            }
            answer_conflicts();
        }
    }

private:
    using Outcome = Submitted::Outcome;
    using Indexes = std::vector<std::size_t>;
    struct Holder {
        JobId id;
        Timestamp created_at;
    };

    /// Those that are open and have an id and a unique key that none before them has; the others.
    std::pair<Indexes, Indexes> take_apart() const {
        std::pair<Indexes, Indexes> parts;
        std::unordered_set<JobId> ids;
        std::unordered_set<std::string_view> keys;
        for (const auto i : open_) {
            const bool new_id = ids.insert(jobs_[i].id).second;
            const bool new_key = !jobs_[i].unique_key || keys.insert(*jobs_[i].unique_key).second;
            (new_id && new_key ? parts.first : parts.second).push_back(i);
        }
        return parts;
    }

    /// False, and nothing inserted, if an id or a unique key is taken.
    bool insert(const Indexes& indexes) {
        MysqlRows rows;
        LongTexts long_texts;
        for (const auto i : indexes) {
            const NewJob& job = jobs_[i];
            rows.add(job.id, job.type, job.queue, job.owner, job.max_attempts, job.unique_key,
                     job.timeout, job.retention, job.run_at.value_or(now_ + job.delay),
                     long_texts.inlined(mysql::append_to_input, job.id, job.input.text()));
        }
        try {
            session_.query(mysql::insert).change(now_, rows.take());
        } catch (const soci::mysql_soci_error& error) {
            if (!is_duplicate(error.err_num_)) throw;
            return false;
        }
        long_texts.write(session_);
        return true;
    }

    void answer_conflicts() {
        const auto taken = taken_ids();
        const auto holders = key_holders();
        std::erase_if(open_, [&](std::size_t i) {
            if (const auto found = taken.find(jobs_[i].id); found != taken.end()) {
                answers_[i] = {Outcome::id_exists, jobs_[i].id, found->second};
                return true;
            }
            if (!jobs_[i].unique_key) return false;
            const auto found = holders.find(*jobs_[i].unique_key);
            if (found == holders.end()) return false;
            answers_[i] = {Outcome::key_taken, found->second.id, found->second.created_at};
            return true;
        });
    }

    /// So that it finds what an INSERT ran into.
    Query& query_latest(const Sql& select) {
        if (session_.reads_latest) return session_.query(select);
        return session_.query({std::string(select.text) + " LOCK IN SHARE MODE", select.columns});
    }

    std::unordered_map<JobId, Timestamp> taken_ids() {
        std::unordered_map<JobId, Timestamp> taken;
        query_latest(mysql::taken_ids)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    taken[id] = row.time();
                },
                ids_of(open_.begin(), open_.end(), [&](auto i) { return jobs_[i].id; }));
        return taken;
    }

    std::unordered_map<std::string, Holder> key_holders() {
        std::unordered_map<std::string, Holder> holders;
        MysqlRows keys;
        for (const auto i : open_)
            if (jobs_[i].unique_key) keys.add(*jobs_[i].unique_key);
        if (keys.count() == 0) return holders;
        query_latest(mysql::key_holders)
            .for_each(
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
    const Timestamp now_;
    const std::span<Submitted> answers_;
    Indexes open_;
};

// Leases

/// A job under lease, locked.
struct Held {
    std::int64_t fence = 0;
    bool cancel_requested = false;
    Progress progress = {};
    int attempt = 0;
    int crashes = 0;
    Duration retention = {};
    Timestamp run_at = {};
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
                job.progress.percent = row.small();
                job.progress.message = row.take_text();
                job.attempt = row.small();
                job.crashes = row.small();
                job.retention = row.duration();
                job.run_at = row.time();
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
        std::optional<std::string_view> message, result, error;
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
            error = add_error(id, settlement.error());
            break;
        case Kind::cancelled:
            status = JobStatus::cancelled;
            break;
        case Kind::retried:
            error = add_error(id, settlement.error());
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
        std::optional<std::string_view> error;
        auto status = job.cancel_requested ? JobStatus::cancelled : JobStatus::pending;
        if (job.crashes >= crash_limit) {
            status = JobStatus::failed;
            error = add_error(id, worker_lost());
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
             std::optional<std::string_view> error) {
        const auto time_if = [&](bool holds) { return holds ? std::optional(now_) : std::nullopt; };
        rows_.add(id, to_string(status), job.progress.percent, message, job.attempt, job.crashes,
                  job.run_at, time_if(status == JobStatus::completed),
                  time_if(status == JobStatus::failed), time_if(status == JobStatus::cancelled),
                  is_finished(status) ? std::optional(now_ + job.retention) : std::nullopt, result,
                  error);
        if (rows_.count() == max_batch || rows_.size() > max_batch_bytes(session_)) write();
    }

    MysqlSession& session_;
    const Timestamp now_;
    MysqlRows rows_;
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

void MysqlDialect::submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                          std::vector<Submitted>& answers) const {
    auto& own = MysqlSession::of(session);
    while (!jobs.empty()) {
        const auto batch = jobs.first(batch_of(own, jobs));
        answers.resize(answers.size() + batch.size());
        Submission(own, batch, *now, std::span(answers).last(batch.size())).run();
        jobs = jobs.subspan(batch.size());
    }
}

void MysqlDialect::settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                          std::vector<Settled>& answers) const {
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
            answers.push_back({});
            continue;
        }
        answers.push_back({true, ends.add(settlement, std::move(found->second))});
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
    settle(session, settlements, now, answer.settled);
    const auto claim = [&](const std::string& queue, std::size_t limit) {
        claim_from(session, queue, limit, request, *now, answer.claimed);
    };
    claim_queue_by_queue(session, mysql::next_due_in, request, now, answer, claim);
}

void MysqlDialect::claim_from(Session& session, std::string_view queue, std::size_t limit,
                              const ClaimRequest& request, Timestamp now,
                              std::vector<ClaimedJob>& answers) const {
    MysqlRows ids;
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
                queue, first, last, limit - ids.count());
    };
    const auto began = steady_now();
    const auto search = floors_.begin(queue, began);
    find(search.floor, now);
    const bool looks_below = search.floor > Timestamp::min() && search.looks_below;
    if (ids.count() < limit && looks_below)
        find(Timestamp::min(), std::min(search.floor - Duration{1}, now));
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
    for (const auto& [lease, progress] : heartbeats) {
        const auto found = held.find(lease.id);
        if (found == held.end() || found->second.fence != lease.fence) {
            answers.push_back({});
            continue;
        }
        answers.push_back({true, found->second.cancel_requested});
        int& count = revisions[lease.id];
        if (progress && take_in(found->second, *progress)) ++count;
    }
    MysqlRows rows;
    const auto write = [&] {
        if (rows.count() > 0) own.query(mysql::extend).change(rows.take(), *now + lease_for, now);
    };
    for (const auto& [id, count] : revisions) {
        const Progress& progress = held.at(id).progress;
        std::optional<std::string_view> message;
        if (count > 0) message = progress.message;
        rows.add(id, progress.percent, message, count);
        if (rows.count() == max_batch || rows.size() > max_batch_bytes(own)) write();
    }
    write();
}

void MysqlDialect::find(Session& session, std::span<const JobId> ids,
                        std::vector<std::optional<Job>>& answers) const {
    std::unordered_map<JobId, Job> found;
    session.query(mysql::find)
        .for_each(
            [&](Row row) {
                Job job = read_job(row);
                const JobId id = job.id;
                found.try_emplace(id, std::move(job));
            },
            ids_of(ids.begin(), ids.end(), [](const JobId& id) { return id; }));
    for (const JobId& id : ids) {
        const auto job = found.find(id);
        answers.push_back(job == found.end() ? std::nullopt : std::optional(job->second));
    }
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
                job.progress.percent = row.small();
                job.attempt = row.small();
                job.crashes = row.small();
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

std::size_t MysqlDialect::purge(Session& session, std::string_view type, Timestamp floor,
                                std::size_t limit, CallTime now) const {
    MysqlRows ids;
    session.query(mysql::find_to_purge)
        .for_each([&](Row row) { ids.add(read_id(row)); }, type, floor, now, limit);
    if (ids.count() == 0) return 0;
    return session.query(mysql::remove_all).change(ids.take());
}

} // namespace asyncjobs::soci_adapter
