#include "differential_model.hpp"

#include <algorithm>

/// What operators ask.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

bool is_unblocked(const Job& job) {
    return job.status == JobStatus::pending && job.blocked_by == 0;
}

void expect_range(std::uint64_t found, std::uint64_t least, std::uint64_t most,
                  std::string_view what) {
    if (found < least || found > most)
        fail(fmt::format("{}: expected {} to {}, found {}", what, least, most, found));
}

} // namespace

/// `expected` jobs, or fewer if the store may not know them yet.
void Model::expect_counted(const Count& found, std::uint64_t expected, bool may_lag,
                           const std::string& what) const {
    expect(found.precision == Count::Precision::exact, what + " to be exact");
    expect_range(found.value, may_lag && sweeps_may_lag_ ? 0 : expected, expected, what);
}

void Model::counts(const StatusCounts& found) const {
    std::map<JobStatus, std::uint64_t> expected;
    for (const auto& [id, other] : entries_) ++expected[other.job.status];
    using enum JobStatus;
    expect_counted(found.pending, expected[pending], false, "pending jobs");
    expect_counted(found.processing, expected[processing], true, "processing jobs");
    expect_counted(found.completed, expected[completed], true, "completed jobs");
    expect_counted(found.failed, expected[failed], false, "failed jobs");
    expect_counted(found.cancelled, expected[cancelled], false, "cancelled jobs");
}

void Model::queues(std::string_view after, std::size_t limit, const QueuePage& found,
                   Timestamp now) const {
    expect(found.queues.size() <= limit, "no more queues in a page than its limit");
    if (found.next) expect(*found.next > after, "a page of queues to end after its beginning");
    const auto is_listed = [&](const std::string& name) {
        return name > after && (!found.next || name <= *found.next);
    };
    std::set<std::string> used, maybe_used;
    for (const std::string& name : paused_)
        if (is_listed(name)) used.insert(name);
    for (const auto& [id, other] : entries_) {
        const Job& job = other.job;
        if (is_finished(job.status) || !is_listed(job.queue)) continue;
        maybe_used.insert(job.queue);
        if (!sweeps_may_lag_) used.insert(job.queue);
    }
    std::string last(after);
    for (const QueueState& queue : found.queues) {
        expect(queue.name > last, "queues by name");
        last = queue.name;
        expect(used.erase(queue.name) + maybe_used.count(queue.name) > 0,
               "no unused queue, as " + show(queue.name));
        check_queue(queue, now);
    }
    expect(used.empty(), "all queues that are used or paused");
}

void Model::check_queue(const QueueState& found, Timestamp now) const {
    std::uint64_t pending = 0, processing = 0, blocked = 0, due = 0, may_be_due = 0;
    bool is_known_due = false;
    for (const auto& [id, other] : entries_) {
        const Job& job = other.job;
        if (job.queue != found.name) continue;
        processing += job.status == JobStatus::processing ? 1 : 0;
        pending += job.status == JobStatus::pending ? 1 : 0;
        blocked += is_blocked(job) ? 1 : 0;
        if (!is_unblocked(job)) continue;
        is_known_due |= found.oldest_due == job.run_at;
        may_be_due += job.run_at <= now || job.run_at == other.was_due ? 1 : 0;
        due += job.run_at <= now ? 1 : 0;
    }
    const std::string in = " in " + show(found.name);
    expect_counted(found.processing, processing, true, "processing jobs" + in);
    expect_counted(found.blocked, blocked, false, "blocked jobs" + in);
    expect_counted({.value = found.due.value + found.scheduled.value + found.throttled.value},
                   pending - blocked, true, "other pending jobs" + in);
    const bool is_certain = !has_had_limits_ && !sweeps_may_lag_;
    expect_range(found.due.value, is_certain ? due : 0, may_be_due, "due jobs" + in);
    if (!has_had_limits_) expect_equal(found.throttled.value, 0U, "throttled jobs" + in);
    expect_equal(found.paused_since.has_value(), paused_.contains(found.name), "paused" + in);
    expect_equal(found.oldest_due.has_value(), found.due.value > 0, "oldest_due" + in);
    if (found.oldest_due) expect(is_known_due, "oldest_due to be that of a job" + in);
}

bool Model::is_found_by(const Entry& entry, const JobSearch& search) const {
    const auto has = [](const std::vector<JobId>& among, const JobId& id) {
        return std::ranges::find(among, id) != among.end();
    };
    const Entry* child = search.parents_of ? this->entry(*search.parents_of) : nullptr;
    return matches(entry.job, search) &&
           (!search.parents_of || (child && has(child->parents, entry.job.id))) &&
           (!search.children_of || has(entry.parents, *search.children_of));
}

void Model::search(const JobSearch& search, const std::vector<Job>& found) const {
    std::vector<JobId> expected;
    for (const auto& [id, other] : entries_)
        if (is_found_by(other, search)) expected.insert(expected.begin(), id);
    auto ids = ids_of(found);
    if (order_of(search) == SearchOrder::claims) {
        check_order_of_claims(found);
        std::ranges::sort(ids, std::greater<>{});
    }
    if (sweeps_may_lag_)
        std::erase_if(expected, [&](const JobId& id) {
            return entry(id)->job.status == JobStatus::processing &&
                   std::ranges::find(ids, id) == ids.end();
        });
    expect_equal(ids, expected, "jobs that a search finds");
    for (const Job& job : found)
        expect_same(snapshot(job, JobParts::summary),
                    snapshot(shown(*entry(job.id), job), JobParts::summary),
                    "of the found " + show(job.id));
}

/// Of jobs that have never waited for a limit.
void Model::check_order_of_claims(const std::vector<Job>& found) const {
    const Entry* last = nullptr;
    for (const Job& job : found) {
        const Entry* next = entry(job.id);
        if (!next) fail("expected no search to find the unknown " + show(job.id));
        if (next->may_have_waited || next->may_be_reported || next->passed_on || next->was_due)
            continue;
        if (last && last->job.queue == next->job.queue && !is_blocked(last->job) &&
            !is_blocked(next->job) && latest_place(*next) < earliest_place(*last))
            fail(fmt::format("order of the found jobs: expected {} before {}", show(job.id),
                             show(last->job.id)));
        expect(!last || last->job.queue <= next->job.queue, "jobs that a search finds by queue");
        last = next;
    }
}

void Model::why(const JobId& id, const std::optional<JobWait>& found, Timestamp now) const {
    const Entry* known = entry(id);
    const auto of = [&](std::string_view what) { return fmt::format("{} of {}", what, show(id)); };
    expect_equal(found.has_value(), known != nullptr, of("an explanation"));
    if (!known) return;
    const Job& job = known->job;
    expect_equal(found->status, job.status, of("status in the explanation"));
    if (job.status != JobStatus::pending) return;
    expect_equal(found->queue, job.queue, of("queue in the explanation"));
    expect_equal(found->paused_since.has_value(), paused_.contains(job.queue), of("the pause"));
    expect_equal(found->blocked_by, static_cast<std::size_t>(job.blocked_by), of("blocked_by"));
    const auto open = is_blocked(job) ? known->uncounted.size() : 0;
    expect_equal(found->parents.size(), std::min<std::size_t>(open, JobWait::most_jobs),
                 of("open parents"));
    for (const JobId& parent : found->parents)
        expect(known->uncounted.contains(parent), of("only parents to be named as those"));
    expect(!found->limit || has_had_limits_, of("no limit as a reason"));
    if (is_blocked(job) || found->limit || has_had_limits_ || known->was_due) return;
    expect_equal(found->not_before, job.run_at > now ? std::optional(job.run_at) : std::nullopt,
                 of("not_before"));
    if (job.run_at <= now) check_before(*known, found->before, now);
}

/// The jobs of its queue that come before a due one.
void Model::check_before(const Entry& entry, const Count& found, Timestamp now) const {
    std::uint64_t least = 0, most = 0;
    for (const auto& [id, other] : entries_) {
        if (&other == &entry || other.job.queue != entry.job.queue || !is_unblocked(other.job))
            continue;
        if (earliest_place(other) < latest_place(entry)) ++most;
        if (other.job.run_at <= now && latest_place(other) < earliest_place(entry)) ++least;
    }
    expect_range(found.value, least, most, "jobs before " + show(entry.job.id));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
