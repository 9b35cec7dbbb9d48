#include "store/limited_exchange.hpp"

#include "db/row_of.hpp"
#include "store/job_steps.hpp"
#include "store/limit_table.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// The bucket of a row of job_waiting whose job was admitted; the row keeps the reported limits.
const std::string in_no_bucket;

/// Each name in `reported` is followed by `=`, which no name contains.
bool is_reported(const std::string& reported, const std::string& limit) {
    return ("=" + reported).find("=" + limit + "=") != std::string::npos;
}

} // namespace

LimitedExchange::LimitedExchange(Session& session, const Dialect& dialect,
                                 std::span<const Settlement> settlements,
                                 const ClaimRequest& request, LookSize& look_size, CallTime now)
    : session_(session), dialect_(dialect), sql_(dialect.limit_statements()),
      settlements_(settlements), request_(request), look_size_(look_size), time_(now),
      queues_(rows_of(request.queues)) {}

Exchange LimitedExchange::run() {
    request_limits();
    result_.settled.reserve(settlements_.size());
    dialect_.settle(session_, settlements_, time_, result_);
    session_.run_added();
    began_ = steady_now();
    back_ = now_;
    if (limits_.empty() && request_.limits.empty()) {
        dialect_.exchange(session_, {}, request_, time_, result_);
        return std::move(result_);
    }
    read_buckets_and_places();
    claim();
    return std::move(result_);
}

void LimitedExchange::request_limits() {
    session_.query(sql_.lock).add([&](Row row) { limits_.push_back(read_limit(row)); }, queues_);
    session_.query(shared::sql.time).add([&](Row row) { now_ = row.time(); }, time_);
}

void LimitedExchange::claim() {
    constexpr int most_rounds = 12;
    bool is_more = true;
    std::size_t looked_at = 0;
    for (int round = 0; is_more && round < most_rounds; ++round) {
        const auto wanted = request_.limit - result_.claimed.size();
        if (wanted == 0 || LookSize::is_enough(throttled_, !result_.claimed.empty())) break;
        const auto count = throttled_ == 0 ? std::min(wanted, look_size_.first() << 2 * round)
                                           : look_size_.next(throttled_);
        looked_at += count;
        admitted_each_ = admitted_per_bucket();
        is_more = claim_some(count);
    }
    write_buckets();
    if (result_.claimed.size() < request_.limit)
        result_.next_due_in = is_more ? Duration::zero() : next_due();
    if (result_.claimed.empty()) return;
    dialect_.mark_limits(session_, queues_);
    if (throttled_ > 0) session_.run_added();
    look_size_.got(looked_at, throttled_, steady_now() - began_, longest());
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

/// Returns false if no candidate is left. Counts the due jobs that it sets aside.
bool LimitedExchange::claim_some(std::size_t most_due) {
    const auto key = [this](const Candidate& one) {
        return std::tuple(place_of(one.job.queue), one.job.queued_at, one.job.id);
    };
    std::vector<Candidate> admitted = find_waiting();
    Looked looked;
    request_jobs(admitted, looked);
    std::vector<Candidate> some;
    for (DueJob& job : dialect_.find_due(session_, request_.queues, most_due, back_))
        some.push_back({.job = std::move(job), .is_due = true});
    session_.run_added();
    add_waiting(std::move(admitted), looked);
    const bool is_filled = some.size() == most_due;
    find_waits(some);
    std::ranges::sort(some, {}, key);
    // Waiting jobs after the last due one come after due jobs that were not read yet.
    const auto end = std::partition(waiting_.begin(), waiting_.end(), [&](const Candidate& one) {
        return !is_filled || key(one) < key(some.back());
    });
    const auto middle = static_cast<std::ptrdiff_t>(some.size());
    std::move(waiting_.begin(), end, std::back_inserter(some));
    waiting_.erase(waiting_.begin(), end);
    std::sort(some.begin() + middle, some.end(),
              [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
    std::inplace_merge(some.begin(), some.begin() + middle, some.end(),
                       [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });

    std::vector<DueJob> started;
    for (Candidate& one : some) {
        if (result_.claimed.size() + started.size() == request_.limit) break;
        if (try_to_start(one))
            started.push_back(one.job);
        else if (one.is_due)
            ++throttled_;
    }
    take(started);
    write();
    return is_filled || !open_.empty() || !waiting_.empty();
}

std::size_t LimitedExchange::place_of(const std::string& queue) const {
    return static_cast<std::size_t>(std::ranges::find(request_.queues, queue) -
                                    request_.queues.begin());
}

/// How many jobs of an owner may be admitted: more than one if there is room for all owners.
std::size_t LimitedExchange::admitted_per_bucket() const {
    const auto buckets = std::ranges::count_if(buckets_, [](const auto& entry) {
        return entry.second.served_at && !entry.second.admitted.empty();
    });
    const std::size_t room = request_.limit - result_.claimed.size();
    return std::max<std::size_t>(
        1, room / std::max<std::size_t>(1, static_cast<std::size_t>(buckets)));
}

/// Returns the waiting jobs that open buckets admit now. Round-robin buckets admit their jobs in
/// the jobs' queues instead.
std::vector<LimitedExchange::Candidate> LimitedExchange::find_waiting() {
    constexpr std::size_t more_than_wanted = 64; // buckets are read in no order
    std::vector<Candidate> found;
    if (open_.empty()) return found;
    const auto limits = limits_of_claim();
    std::set<std::string> names;
    for (const std::string& name : open_)
        if (limits.limit_of(name)) names.insert(name);
    request_buckets(names);
    session_.run_added();
    std::erase_if(waiting_, [&](const Candidate& one) { return names.contains(one.waits_in); });
    std::erase_if(open_, [&](const std::string& name) { return names.erase(name) == 0; });

    const auto enough = request_.limit + more_than_wanted;
    auto next = open_.begin();
    while (next != open_.end() && found.size() < enough) {
        std::vector<OpenBucket> some;
        for (std::size_t requested = found.size(); next != open_.end() && requested < enough;
             ++next) {
            const Limit& limit = *limits.limit_of(*next);
            const auto count =
                std::min(free_slots(limit, buckets_[*next], now_, admitted_each_), request_.limit);
            requested += count;
            if (count > 0)
                some.push_back({.name = std::move(*next), .limit = limit, .count = count});
        }
        find_first_of(some);
        for (OpenBucket& one : some) {
            if (one.first.size() < one.count) still_open_.insert(one.name);
            if (one.limit.round_robin)
                admit_in_queue(one.name, one.first);
            else
                std::ranges::move(one.first, std::back_inserter(found));
        }
    }
    open_.erase(open_.begin(), next);
    return found;
}

/// Finds the first jobs of each bucket in the queues served here. Removes jobs that have changed
/// since they began to wait.
void LimitedExchange::find_first_of(std::span<OpenBucket> buckets) {
    for (bool is_any = !buckets.empty(); is_any;) {
        for (OpenBucket& bucket : buckets)
            if (!bucket.is_known) request_first_of(bucket);
        session_.run_added();
        is_any = false;
        for (OpenBucket& bucket : buckets) {
            if (std::exchange(bucket.is_known, true)) continue;
            if (bucket.first.size() + bucket.stale.size() < bucket.count)
                buckets_[bucket.name].has_waiting = false;
            if (bucket.stale.empty()) continue;
            stop_waiting(std::exchange(bucket.stale, {}));
            bucket.is_known = false;
            is_any = true;
        }
    }
}

void LimitedExchange::request_first_of(OpenBucket& bucket) {
    bucket.first.clear();
    const auto read = [&bucket](Row cells) {
        RowOf<columns::to_admit> row(cells);
        Candidate one;
        one.waits_in = bucket.name;
        one.has_row = true;
        one.job.id = parse_id(row.text("job"));
        one.job.queue = row.take_text("queue");
        one.job.queued_at = row.time("queued_at");
        one.reported = row.take_text("reported");
        one.job.revision = row.number("job_revision");
        if (row.optional_number("held_revision") == one.job.revision)
            bucket.first.push_back(std::move(one));
        else
            bucket.stale.push_back(one.job.id);
    };
    session_.query(sql_.to_admit).add(read, queues_, bucket.name, bucket.count);
}

void LimitedExchange::stop_waiting(const std::vector<JobId>& ids) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.stop_waiting).add_change(rows); });
}

void LimitedExchange::admit_in_queue(const std::string& bucket,
                                     const std::vector<Candidate>& jobs) {
    if (jobs.empty()) return;
    JsonRows queue_at, places, move;
    for (const Candidate& one : jobs) {
        const Timestamp run_at = back_of_queue();
        if (one.has_row) move.add(one.job.id, in_no_bucket, one.reported);
        queue_at.add(one.job.id, run_at, std::to_string(one.job.revision));
        places.add(one.job.id, no_fence, bucket);
        buckets_[bucket].admitted.insert(one.job.id);
        admitted_.insert_or_assign(one.job.id, bucket);
        dialect_.lower_watermark(one.job.queue, run_at);
    }
    if (move.count() > 0) session_.query(sql_.move).add_change(move.take());
    session_.query(sql_.queue_at).add_change(queue_at.take());
    session_.query(sql_.place).add_change(places.take(), now_);
}

void LimitedExchange::request_jobs(std::span<const Candidate> jobs, Looked& found) {
    const auto add = [](JsonRows& rows, const Candidate& one) { rows.add(one.job.id); };
    const auto read = [&found](Row row) {
        DueJob job = read_due(row);
        const JobId id = job.id;
        found.insert_or_assign(id, std::move(job));
    };
    in_rows(jobs, add, [&](const std::string& rows) { session_.query(sql_.look).add(read, rows); });
}

/// Keeps those of the admitted jobs that are unchanged since they were found in their buckets.
void LimitedExchange::add_waiting(std::vector<Candidate> admitted, Looked& looked) {
    for (Candidate& one : admitted) {
        const auto found = looked.find(one.job.id);
        if (found == looked.end() || found->second.revision != one.job.revision) continue;
        found->second.queued_at = one.job.queued_at;
        one.job = std::move(found->second);
        waiting_.push_back(std::move(one));
    }
}

/// Finds due jobs that have a row in job_waiting: they wait for another worker, or the row is out
/// of date. Reads everything that starting them or those in `waiting_` needs.
void LimitedExchange::find_waits(std::vector<Candidate>& due) {
    std::unordered_map<JobId, Candidate*> by_id;
    std::vector<JobId> ids, stale;
    for (Candidate& one : due) {
        by_id.emplace(one.job.id, &one);
        ids.push_back(one.job.id);
    }
    const auto read = [&](Row cells) {
        RowOf<columns::waits> row(cells);
        Candidate& one = *by_id.at(parse_id(row.text("job")));
        if (row.number("holds") == 0) return stale.push_back(one.job.id);
        one.waits_in = row.take_text("bucket");
        one.reported = row.take_text("reported");
        one.has_row = true;
        if (!one.waits_in.empty()) one.job.queued_at = row.time("queued_at");
    };
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.waits).add(read, rows); });
    std::erase_if(waiting_, [&](const Candidate& one) { return by_id.contains(one.job.id); });
    std::set<std::string> names;
    name_buckets_of(due, names);
    name_buckets_of(waiting_, names);
    request_buckets(names);
    session_.run_added();
    stop_waiting(stale);
}

/// Finds the limits of these jobs, and the buckets of which more than the places must be read.
void LimitedExchange::name_buckets_of(std::span<Candidate> jobs, std::set<std::string>& names) {
    const auto limits = limits_of_claim();
    for (Candidate& one : jobs) {
        one.under = limits.of(one.job.type, one.job.queue, one.job.owner, one.job.limit_key);
        for (const LimitedBy& by : one.under)
            if (by.limit->rate > 0 || by.limit->round_robin) names.insert(by.bucket);
    }
}

bool LimitedExchange::try_to_start(Candidate& one) {
    const JobId& id = one.job.id;
    const auto bucket_of = [this](const std::string& name) -> LimitBucket& {
        return buckets_[name];
    };
    const auto refused = admit({id, one.job.queued_at}, one.under, bucket_of, now_,
                               [this] { return back_of_queue(); });
    if (refused) {
        hold_back(one, *refused);
        return false;
    }
    leave_place(id);
    for (const LimitedBy& by : one.under)
        if (by.limit->concurrency > 0) buckets_of_.emplace(id, by.bucket);
    if (one.has_row) done_waiting_.push_back(id);
    return true;
}

/// If a bucket had admitted the job, opens the bucket for another one.
void LimitedExchange::leave_place(const JobId& id) {
    const auto admitted = admitted_.find(id);
    if (admitted == admitted_.end()) return;
    left_.add(id, no_fence, admitted->second);
    buckets_[admitted->second].admitted.erase(id);
    open_.push_back(std::move(admitted->second));
    admitted_.erase(admitted);
}

void LimitedExchange::hold_back(Candidate& one, const LimitRefusal& refused) {
    const DueJob& job = one.job;
    const auto& [limit, bucket, of_worker] = refused.by;
    const bool is_news = !is_reported(one.reported, limit->name);
    if (is_news) {
        one.reported += limit->name + "=";
        result_.throttled.push_back({job.id, job.type, job.queue, job.created_at, limit->name});
    }
    leave_place(job.id);
    const bool is_in_bucket = one.waits_in == bucket;
    if (!one.waits_in.empty() && !is_in_bucket) open_.push_back(one.waits_in);
    const bool is_admitted = refused.state == LimitRefusal::State::admitted;
    if (is_admitted) {
        admitted_.insert_or_assign(job.id, bucket);
        places_.add(job.id, no_fence, bucket);
    }
    keep_waiting(one, is_admitted ? in_no_bucket : bucket, is_news);
    if (one.is_due || !is_in_bucket)
        queue_at_.add(job.id, refused.run_at.value_or(never_due), std::to_string(job.revision));
}

/// Makes the job wait in the bucket `bucket`, by its place in the queue when it began to wait.
void LimitedExchange::keep_waiting(const Candidate& one, const std::string& bucket, bool is_news) {
    const bool was_admitted = one.has_row && one.waits_in.empty() && !bucket.empty();
    if (was_admitted) done_waiting_.push_back(one.job.id); // its place has changed
    if (!one.has_row || was_admitted)
        wait_.add(one.job.id, bucket, one.reported);
    else if (one.waits_in != bucket || is_news)
        move_.add(one.job.id, bucket, one.reported);
}

/// Claims the jobs, except those that have changed since they were found.
void LimitedExchange::take(const std::vector<DueJob>& started) {
    if (started.empty()) return;
    std::unordered_map<JobId, ClaimedJob> taken;
    auto claimed = dialect_.take(session_, started, request_, now_);
    read_steps(session_, dialect_.row_statements(), std::span(claimed));
    for (ClaimedJob& job : claimed) {
        const JobId id = job.lease.id;
        taken.emplace(id, std::move(job));
    }
    for (const DueJob& job : started) {
        const auto found = taken.find(job.id);
        if (found == taken.end()) continue;
        const auto [first, last] = buckets_of_.equal_range(job.id);
        for (auto bucket = first; bucket != last; ++bucket)
            places_.add(job.id, found->second.lease.fence, bucket->second);
        result_.claimed.push_back(std::move(found->second));
    }
    buckets_of_.clear();
}

/// Writes the changes. A row of job_waiting copies its job's place in the queue, so it comes before
/// that is moved.
void LimitedExchange::write() {
    const auto change = [this](const Sql& sql, JsonRows& rows) {
        if (rows.count() > 0) session_.query(sql).add_change(rows.take());
    };
    stop_waiting(std::exchange(done_waiting_, {}));
    change(sql_.leave, left_);
    change(sql_.move, move_);
    change(sql_.wait, wait_);
    change(sql_.queue_at, queue_at_);
    if (places_.count() > 0) session_.query(sql_.place).add_change(places_.take(), now_);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
