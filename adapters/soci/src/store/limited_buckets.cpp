#include "db/row_of.hpp"
#include "store/limited_exchange.hpp"

#include <algorithm>
#include <map>
#include <utility>

/// Reading and writing the buckets of a LimitedExchange.
namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// An admitted job that no worker has claimed by then loses its place: perhaps no worker serves its
/// queue.
constexpr Duration admitted_for = std::chrono::seconds{10};
/// An admitted job that is due later than this was deferred since.
constexpr Duration admitted_within = std::chrono::seconds{1};

LimitPlace read_place(Row cells) {
    RowOf<columns::slot> row(cells);
    LimitPlace place;
    place.bucket = row.take_text("bucket");
    place.job = parse_id(row.text("job"));
    place.fence = row.number("fence");
    place.admitted_at = row.optional_time("admitted_at");
    place.status = row.optional_text("status");
    if (!place.status) return place;
    place.job_fence = row.number("job_fence");
    place.job_run_at = row.time("run_at");
    return place;
}

/// `of_later_clock`: the job was admitted before the clock was set back.
enum class Taken { no, yes, of_later_clock };

Taken is_taken(const LimitPlace& place, Timestamp now) {
    const auto if_true = [](bool holds) { return holds ? Taken::yes : Taken::no; };
    if (place.fence != 0)
        return if_true(place.status == to_string(JobStatus::processing) &&
                       place.job_fence == place.fence);
    if (place.status != to_string(JobStatus::pending)) return Taken::no;
    const Timestamp admitted_at = place.admitted_at.value_or(now);
    if (place.job_run_at > admitted_at + admitted_within) return Taken::no;
    if (admitted_at > now) return Taken::of_later_clock;
    return if_true(admitted_at > now - admitted_for);
}

} // namespace

/// Reads the due buckets and all places. A bucket is due when its rate allows a start, or if it has
/// a free place for which no job waited in the queues of the claims that saw it.
void LimitedExchange::read_buckets_and_places() {
    const auto limits = limits_of_claim();
    std::vector<std::pair<Timestamp, std::string>> due;
    const auto read_due_bucket = [&](Row cells) {
        RowOf<columns::bucket> row(cells);
        std::string name = row.take_text("bucket");
        const Timestamp next_at = row.time("next_at"), due_at = row.time("due_at");
        if (!limits.limit_of(name) || !kept_.try_emplace(name, Kept{next_at, due_at}).second)
            return;
        keep(name, *limits.limit_of(name));
        buckets_[name].has_waiting = true;
        due.emplace_back(due_at, std::move(name));
    };
    std::vector<LimitPlace> places;
    session_.query(shared::sql.due_buckets).add(read_due_bucket, now_, never_due);
    session_.query(shared::sql.slots).add([&](Row row) { places.push_back(read_place(row)); });
    session_.run_added();
    std::ranges::sort(due);
    for (auto& [due_at, name] : due) open_.push_back(std::move(name));
    look_at_places(places);
}

void LimitedExchange::look_at_places(std::span<LimitPlace> places) {
    const auto limits = limits_of_claim();
    std::vector<Candidate> early;
    std::map<JobId, std::string> buckets_of_early;
    for (LimitPlace& place : places) {
        if (!limits.limit_of(place.bucket)) continue;
        LimitBucket& bucket = buckets_[place.bucket];
        const Taken taken = is_taken(place, now_);
        if (taken == Taken::yes && place.fence == no_fence) {
            bucket.admitted.insert(place.job);
            admitted_.emplace(place.job, place.bucket);
        } else if (taken == Taken::yes) {
            ++bucket.held;
        } else {
            left_.add(place.job, no_fence, place.bucket);
            bucket.has_waiting = true; // perhaps
            open_.push_back(place.bucket);
        }
        if (taken != Taken::of_later_clock) continue;
        early.emplace_back().job.id = place.job;
        buckets_of_early.emplace(place.job, std::move(place.bucket));
    }
    if (left_.count() > 0) session_.query(sql_.leave).add_change(left_.take());
    if (early.empty()) return;
    Looked looked;
    request_jobs(early, looked);
    session_.run_added();
    for (auto& [id, job] : looked)
        admit_in_queue(buckets_of_early[id], {Candidate{.job = std::move(job)}});
}

void LimitedExchange::keep(const std::string& name, const Limit& limit) {
    LimitBucket& bucket = buckets_[name];
    const Timestamp next_at = kept_.at(name).next_at;
    if (limit.round_robin)
        bucket.served_at = next_at == Timestamp{} ? std::nullopt : std::optional(next_at);
    else
        bucket.next_at = next_at;
}

/// Adds the statements that read those of the buckets that were not read yet.
void LimitedExchange::request_buckets(const std::set<std::string>& names) {
    JsonRows unknown;
    for (const std::string& name : names)
        if (kept_.try_emplace(name).second) unknown.add(name);
    if (unknown.count() == 0) return;
    const std::string rows = unknown.take();
    const auto read = [this](Row row) {
        const std::string name = row.take_text();
        Kept& kept = kept_[name];
        kept.next_at = row.time();
        kept.due_at = row.time();
        keep(name, *limits_of_claim().limit_of(name));
    };
    session_.query(sql_.buckets).add(read, rows);
    session_.query(sql_.any_waiting)
        .add([this](Row row) { buckets_[row.text()].has_waiting = true; }, rows);
}

/// Returns when to check the bucket for a free place again.
Timestamp LimitedExchange::due_at(const Limit& limit, LimitBucket& bucket) const {
    if (!bucket.has_waiting) return never_due;
    if (limit.rate > 0) {
        const Timestamp next = next_start(limit, bucket, now_);
        if (next > now_) return next;
    }
    return free_slots(limit, bucket, now_) > 0 ? now_ : never_due;
}

void LimitedExchange::write_buckets() {
    const auto limits = limits_of_claim();
    // Jobs may wait in queues that other workers serve.
    if (!still_open_.empty())
        session_.query(sql_.any_waiting)
            .for_each([&](Row row) { buckets_[row.text()].has_waiting = true; },
                      rows_of(still_open_));
    JsonRows rows;
    for (auto& [name, bucket] : buckets_) {
        const Limit* limit = limits.limit_of(name);
        const auto kept = kept_.find(name);
        const bool is_known = kept != kept_.end();
        if (!limit || (!is_known && (limit->rate > 0 || limit->round_robin))) continue;
        Kept now;
        now.due_at = due_at(*limit, bucket);
        now.next_at = limit->round_robin ? bucket.served_at.value_or(Timestamp{}) : bucket.next_at;
        if (now != (is_known ? kept->second : Kept{}))
            rows.add(name, now.next_at, std::to_string(now.due_at.time_since_epoch().count()));
    }
    if (rows.count() > 0) session_.query(sql_.keep_bucket).add_change(rows.take(), now_);
}

/// Returns how long until the next job of the queues is due, or a rate allows the next start.
std::optional<Duration> LimitedExchange::next_due() const {
    const auto limits = limits_of_claim();
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
