#include "store/limited_exchange.hpp"

#include "db/row_of.hpp"
#include "store/job_steps.hpp"
#include "store/limit_table.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// An admitted job that no worker has claimed by then loses its slot: perhaps no worker serves its
/// queue.
constexpr Duration admitted_for = std::chrono::seconds{10};
/// An admitted job that is due later than this was deferred since.
constexpr Duration admitted_within = std::chrono::milliseconds{20};

LimitSlot read_slot(Row cells) {
    RowOf<columns::slot> row(cells);
    LimitSlot slot;
    slot.bucket = row.take_text("bucket");
    slot.job = parse_id(row.text("job"));
    slot.fence = row.number("fence");
    slot.admitted_at = row.optional_time("admitted_at");
    slot.status = row.optional_text("status");
    if (!slot.status) return slot;
    slot.job_fence = row.number("job_fence");
    slot.job_run_at = row.time("run_at");
    return slot;
}

/// `of_later_clock`: the job was admitted before the clock was set back.
enum class Taken { no, yes, of_later_clock };

Taken is_taken(const LimitSlot& slot, Timestamp now) {
    const auto if_true = [](bool holds) { return holds ? Taken::yes : Taken::no; };
    if (slot.fence != 0)
        return if_true(slot.status == to_string(JobStatus::processing) &&
                       slot.job_fence == slot.fence);
    if (slot.status != to_string(JobStatus::pending)) return Taken::no;
    const Timestamp admitted_at = slot.admitted_at.value_or(now);
    if (slot.job_run_at > admitted_at + admitted_within) return Taken::no;
    if (admitted_at > now) // the clock was set back
        return slot.job_run_at > now + clock_tolerance ? Taken::no : Taken::of_later_clock;
    return if_true(admitted_at > now - admitted_for);
}

/// Whether a row of job_waiting exists: outside a bucket, only for `reported`.
bool has_row(const LimitCandidate& job) { return !job.mark.reported.empty(); }

} // namespace

LimitedExchange::LimitedExchange(Session& session, const Dialect& dialect,
                                 std::span<const Settlement> settlements,
                                 const ClaimRequest& request, LookSize& look_size, CallTime now)
    : session_(session), dialect_(dialect), sql_(dialect.limit_statements()),
      settlements_(settlements), request_(request), look_size_(look_size), time_(now),
      queues_(rows_of(request.queues)) {}

Exchange LimitedExchange::run() {
    Exchange result;
    result.settled.reserve(settlements_.size());
    session_.query(sql_.lock).add([&](Row row) { limits_.push_back(read_limit(row)); }, queues_);
    session_.query(shared::sql.time).add([&](Row row) { now_ = row.time(); }, time_);
    dialect_.settle(session_, settlements_, time_, result);
    session_.run_added();
    if (limits_.empty() && request_.limits.empty()) {
        dialect_.exchange(session_, {}, request_, time_, result);
        return result;
    }
    const auto began = steady_now();
    LimitEngine engine(*this, limits_, request_, now_, look_size_.first());
    engine.claim(result);
    write_buckets();
    if (result.claimed.empty()) return result;
    dialect_.mark_limits(session_, queues_);
    if (engine.throttled() > 0) session_.run_added();
    look_size_.got(engine.looked_at(), engine.throttled(), steady_now() - began, longest());
    return result;
}

/// How long a claim may spend on setting jobs aside: half of the time after which a bucket loses
/// unused starts.
Duration LimitedExchange::longest() const {
    constexpr Duration least = std::chrono::milliseconds{8}, most = std::chrono::milliseconds{30};
    Duration longest = most;
    for (const std::span<const Limit> limits : {std::span(limits_), request_.limits})
        for (const Limit& limit : limits) {
            if (limit.rate == 0) continue;
            const Duration interval = limit.period / static_cast<Duration::rep>(limit.rate);
            longest = std::min(longest, static_cast<Duration::rep>(limit.burst) * interval / 2);
        }
    return std::max(longest, least);
}

void LimitedExchange::fill(StoredBucket& bucket, const Limit& limit, Timestamp next_at,
                           Timestamp due_at) {
    bucket.is_read = true;
    bucket.due_at = due_at;
    if (!limit.round_robin)
        bucket.next_at = next_at;
    else if (next_at != Timestamp{})
        bucket.served_at = next_at;
}

/// Reads the due buckets and all slots: a bucket whose slot is free is due as well.
std::vector<std::string> LimitedExchange::begin(LimitBuckets& buckets) {
    const auto limits = limits_of_claim();
    std::vector<std::pair<Timestamp, std::string>> due;
    const auto read_due_bucket = [&](Row cells) {
        RowOf<columns::bucket> row(cells);
        std::string name = row.take_text("bucket");
        const Timestamp next_at = row.time("next_at"), due_at = row.time("due_at");
        const Limit* limit = limits.limit_of(name);
        if (!limit || buckets[name].is_read) return;
        fill(buckets[name], *limit, next_at, due_at);
        buckets[name].has_waiting = true;
        due.emplace_back(due_at, std::move(name));
    };
    std::vector<LimitSlot> slots;
    session_.query(shared::sql.due_buckets).add(read_due_bucket, now_, never_due);
    session_.query(shared::sql.slots).add([&](Row row) { slots.push_back(read_slot(row)); });
    session_.run_added();
    std::ranges::sort(due);
    std::vector<std::string> open;
    open.reserve(due.size());
    for (auto& [due_at, name] : due) open.push_back(std::move(name));
    back_ = now_;
    look_at_slots(slots, buckets, open);
    return open;
}

void LimitedExchange::look_at_slots(std::span<const LimitSlot> slots, LimitBuckets& buckets,
                                    std::vector<std::string>& open) {
    const auto limits = limits_of_claim();
    std::map<JobId, std::string> early;
    for (const LimitSlot& slot : slots) {
        if (!limits.limit_of(slot.bucket)) continue;
        LimitBucket& bucket = buckets[slot.bucket];
        const Taken taken = is_taken(slot, now_);
        if (taken == Taken::yes && slot.fence == no_fence) {
            bucket.admitted.insert(slot.job);
            admitted_.emplace(slot.job, slot.bucket);
        } else if (taken == Taken::yes) {
            ++bucket.held;
        } else {
            left_.add(slot.job, no_fence, slot.bucket);
            bucket.has_waiting = true; // perhaps
            open.push_back(slot.bucket);
        }
        if (taken == Taken::of_later_clock) early.emplace(slot.job, slot.bucket);
    }
    if (left_.count() > 0) session_.query(sql_.leave).add_change(left_.take());
    if (!early.empty()) admit_again(early, buckets);
}

void LimitedExchange::admit_again(const std::map<JobId, std::string>& early,
                                  LimitBuckets& buckets) {
    std::vector<JobId> ids;
    ids.reserve(early.size());
    for (const auto& [id, bucket] : early) ids.push_back(id);
    std::vector<LimitCandidate> jobs;
    request_jobs(ids, jobs);
    session_.run_added();
    for (LimitCandidate& job : jobs) {
        job.decision = LimitCandidate::Decision::queue;
        job.next.admitted_by = early.at(job.id);
        job.run_at = back_ += Duration{1};
        buckets[job.next.admitted_by].admitted.insert(job.id);
    }
    apply(jobs);
}

/// Buckets of a concurrency need no row: their slots are known.
void LimitedExchange::read(std::span<LimitCandidate> jobs, const std::set<std::string>& names,
                           LimitBuckets& buckets) {
    JsonRows unread;
    const auto request = [&](const std::string& name) {
        if (!std::exchange(buckets[name].is_read, true)) unread.add(name);
    };
    for (const std::string& name : names) request(name);
    std::unordered_map<JobId, LimitCandidate*> due;
    std::vector<JobId> ids, stale;
    for (LimitCandidate& job : jobs) {
        for (const LimitedBy& by : job.limits)
            if (by.limit->rate > 0 || by.limit->round_robin) request(by.bucket);
        if (!job.is_due) continue;
        due.emplace(job.id, &job);
        ids.push_back(job.id);
        const auto admitted = admitted_.find(job.id);
        if (admitted != admitted_.end()) job.mark.admitted_by = admitted->second;
    }
    const auto read_mark = [&](Row cells) {
        RowOf<columns::waits> row(cells);
        LimitCandidate& job = *due.at(parse_id(row.text("job")));
        if (row.number("holds") == 0) return stale.push_back(job.id);
        job.mark.waits_in = row.take_text("bucket");
        job.mark.reported = row.take_text("reported");
        if (!job.mark.waits_in.empty()) job.queued_at = row.time("queued_at");
    };
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.waits).add(read_mark, rows); });
    const auto read_bucket = [&](Row row) {
        const std::string name = row.take_text();
        const Timestamp next_at = row.time(), due_at = row.time();
        fill(buckets[name], *limits_of_claim().limit_of(name), next_at, due_at);
    };
    if (unread.count() > 0) {
        const std::string rows = unread.take();
        session_.query(sql_.buckets).add(read_bucket, rows);
        session_.query(sql_.any_waiting)
            .add([&](Row row) { buckets[row.text()].has_waiting = true; }, rows);
    }
    session_.run_added();
    stop_waiting(stale);
}

void LimitedExchange::find_waiting(const std::set<std::string>& names, LimitBuckets& buckets) {
    session_.query(sql_.any_waiting)
        .for_each([&](Row row) { buckets[row.text()].has_waiting = true; }, rows_of(names));
}

/// Removes the marks of jobs that have changed since they were parked.
void LimitedExchange::find_parked(std::span<OpenBucket> buckets) {
    std::vector<OpenBucket*> unknown;
    for (OpenBucket& bucket : buckets) unknown.push_back(&bucket);
    while (!unknown.empty()) {
        std::vector<std::vector<JobId>> stale(unknown.size());
        for (std::size_t i = 0; i < unknown.size(); ++i) request_parked(*unknown[i], stale[i]);
        session_.run_added();
        std::vector<OpenBucket*> again;
        for (std::size_t i = 0; i < unknown.size(); ++i) {
            stop_waiting(stale[i]);
            if (!stale[i].empty()) again.push_back(unknown[i]);
        }
        unknown = std::move(again);
    }
}

void LimitedExchange::request_parked(OpenBucket& bucket, std::vector<JobId>& stale) {
    bucket.parked.clear();
    const auto read = [&](Row cells) {
        RowOf<columns::to_admit> row(cells);
        LimitCandidate job;
        job.mark.waits_in = bucket.name;
        job.id = parse_id(row.text("job"));
        job.queue = row.take_text("queue");
        job.queued_at = row.time("queued_at");
        job.mark.reported = row.take_text("reported");
        job.revision = row.number("job_revision");
        if (row.optional_number("held_revision") == job.revision)
            bucket.parked.push_back(std::move(job));
        else
            stale.push_back(job.id);
    };
    session_.query(sql_.to_admit).add(read, queues_, bucket.name, bucket.count);
}

void LimitedExchange::stop_waiting(const std::vector<JobId>& ids) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.stop_waiting).add_change(rows); });
}

void LimitedExchange::request_jobs(std::span<const JobId> ids, std::vector<LimitCandidate>& found) {
    const auto read = [&found](Row row) { found.push_back(read_due(row)); };
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.look).add(read, rows); });
}

std::vector<LimitCandidate> LimitedExchange::find_due(std::size_t count, Timestamp until,
                                                      std::vector<LimitCandidate>& parked) {
    std::unordered_map<JobId, LimitCandidate*> by_id;
    std::vector<JobId> ids;
    for (LimitCandidate& job : parked) {
        by_id.emplace(job.id, &job);
        ids.push_back(job.id);
    }
    std::vector<LimitCandidate> looked;
    request_jobs(ids, looked);
    auto due = dialect_.find_due(session_, request_.queues, count, until);
    session_.run_added();
    std::erase_if(looked, [&](LimitCandidate& job) {
        const LimitCandidate& known = *by_id.at(job.id);
        job.mark = known.mark;
        job.queued_at = known.queued_at;
        return job.revision != known.revision;
    });
    parked = std::move(looked);
    return due;
}

std::vector<ClaimedJob> LimitedExchange::apply(std::span<const LimitCandidate> jobs) {
    std::vector<LimitCandidate> started;
    for (const LimitCandidate& job : jobs) {
        if (job.decision == LimitCandidate::Decision::none) continue;
        if (!job.mark.admitted_by.empty()) {
            left_.add(job.id, no_fence, job.mark.admitted_by);
            admitted_.erase(job.id);
        }
        if (job.decision != LimitCandidate::Decision::start) {
            mark(job);
            continue;
        }
        if (has_row(job)) done_waiting_.push_back(job.id);
        started.push_back(job);
    }
    auto claimed = take(started);
    write_jobs();
    return claimed;
}

void LimitedExchange::mark(const LimitCandidate& job) {
    const bool is_admitted = !job.next.admitted_by.empty();
    const bool was_admitted = has_row(job) && job.mark.waits_in.empty() && !is_admitted;
    if (was_admitted) done_waiting_.push_back(job.id); // its place has changed
    if (was_admitted || !has_row(job)) {
        if (!job.next.reported.empty()) wait_.add(job.id, job.next.waits_in, job.next.reported);
    } else if (job.mark.waits_in != job.next.waits_in || job.mark.reported != job.next.reported) {
        move_.add(job.id, job.next.waits_in, job.next.reported);
    }
    if (is_admitted) {
        admitted_.insert_or_assign(job.id, job.next.admitted_by);
        slots_.add(job.id, no_fence, job.next.admitted_by);
        dialect_.lower_watermark(job.queue, job.run_at);
    }
    if (job.is_due || job.mark.waits_in != job.next.waits_in || is_admitted)
        queue_at_.add(job.id, job.run_at, std::to_string(job.revision));
}

/// Claims the jobs, except those that have changed since they were found.
std::vector<ClaimedJob> LimitedExchange::take(const std::vector<LimitCandidate>& jobs) {
    std::vector<ClaimedJob> claimed;
    if (jobs.empty()) return claimed;
    std::unordered_map<JobId, ClaimedJob> taken;
    auto found = dialect_.take(session_, jobs, request_, now_);
    read_steps(session_, dialect_.row_statements(), std::span(found));
    for (ClaimedJob& job : found) {
        const JobId id = job.lease.id;
        taken.emplace(id, std::move(job));
    }
    for (const LimitCandidate& job : jobs) {
        const auto one = taken.find(job.id);
        if (one == taken.end()) continue;
        for (const LimitedBy& by : job.limits)
            if (by.limit->concurrency > 0) slots_.add(job.id, one->second.lease.fence, by.bucket);
        claimed.push_back(std::move(one->second));
    }
    return claimed;
}

/// Writes the changes of jobs. A row of job_waiting copies its job's place in the queue, so it
/// comes before that is moved.
void LimitedExchange::write_jobs() {
    const auto change = [this](const Sql& sql, JsonRows& rows) {
        if (rows.count() > 0) session_.query(sql).add_change(rows.take());
    };
    stop_waiting(std::exchange(done_waiting_, {}));
    change(sql_.leave, left_);
    change(sql_.move, move_);
    change(sql_.wait, wait_);
    change(sql_.queue_at, queue_at_);
    if (slots_.count() > 0) session_.query(sql_.place).add_change(slots_.take(), now_);
}

void LimitedExchange::save(const std::string& name, const StoredBucket& bucket) {
    const bool is_round_robin = limits_of_claim().limit_of(name)->round_robin;
    buckets_.add(name, is_round_robin ? bucket.served_at.value_or(Timestamp{}) : bucket.next_at,
                 std::to_string(bucket.due_at.time_since_epoch().count()));
}

void LimitedExchange::write_buckets() {
    if (buckets_.count() > 0) session_.query(sql_.keep_bucket).add_change(buckets_.take(), now_);
}

std::optional<Duration> LimitedExchange::next_due(const LimitsOfClaim& limits) {
    write_buckets();
    std::optional<Duration> least;
    const auto read = [&](Row row) {
        const std::string name = row.take_text();
        const Duration due_in = row.time() - now_;
        if (limits.limit_of(name)) least = std::min(least.value_or(due_in), due_in);
    };
    session_.query(shared::sql.next_buckets).add(read, now_, never_due);
    const auto due_in = dialect_.next_due(session_, request_.queues, now_);
    session_.run_added();
    return due_in ? std::min(least.value_or(*due_in), *due_in) : least;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
