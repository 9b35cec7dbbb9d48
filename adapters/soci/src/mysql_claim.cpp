#include "mysql_claim.hpp"

#include "dialect.hpp"
#include "job_row.hpp"
#include "job_steps.hpp"
#include "mysql_slots.hpp"
#include "mysql_statements.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

MysqlClaim::MysqlClaim(const ClaimRequest& request, std::optional<Timestamp> now,
                       ClaimFloors& floors, FilledQueues& filled, std::size_t settled)
    : request_(request), now_(now), floors_(floors), filled_(filled), settled_(settled),
      began_(steady_now()), served_(request.limit > 0 ? request.queues.size() : 0) {
    for (std::size_t i = 0; i < served_.size(); ++i)
        served_[i].search = floors_.begin(request_.queues[i], began_);
}

/// How many more jobs are wanted than were found.
std::size_t MysqlClaim::missing() const {
    std::size_t found = 0;
    for (const Served& served : served_)
        found += served.first.jobs.size() + served.then.jobs.size();
    return request_.limit - std::min(found, request_.limit);
}

bool MysqlClaim::search(MysqlBatch& batch) {
    if (look_beyond_others(batch)) return true;
    if (is_searched_ || served_.empty() || missing() == 0) return false;
    ask_for_next_due(batch);
    for (std::size_t i = 0; i < served_.size(); ++i) {
        Served& served = served_[i];
        const bool is_likely_to_do = !served.was_searched_first && !served.search.is_below_first &&
                                     filled_.contains(request_.queues[i]);
        if (!std::exchange(served.was_searched_first, true))
            search(batch, i, served.search.first(), served.first);
        if (is_likely_to_do) {
            ask_for_used_fence(batch);
            return true;
        }
        if (!std::exchange(served.was_searched_then, true))
            search(batch, i, served.search.then(), served.then);
    }
    ask_for_used_fence(batch);
    is_searched_ = true;
    return true;
}

void MysqlClaim::ask_for_used_fence(MysqlBatch& batch) {
    batch.add(statements::used_fence, [this](Row row) { used_fence_ = row.number(); });
}

void MysqlClaim::search(MysqlBatch& batch, std::size_t queue, const DueRange& range, Found& found) {
    if (range.is_empty()) return;
    found.queue = queue;
    found.range = range;
    found.wanted = missing();
    found.looked_at = 2 * found.wanted;
    look(batch, found);
}

void MysqlClaim::look(MysqlBatch& batch, Found& found) {
    Served& served = served_[found.queue];
    const std::string& name = request_.queues[found.queue];
    const auto& [from, to] = found.range;
    const Slots slots = slots_of(found.range, now_ ? now_ : served.search.now);
    if (to == Timestamp::max()) { // what lies below is looked at again soon
        served.looked_to = slots.to;
        batch.add(
            mysql::count_due,
            [&found](Row row) { found.seen = static_cast<std::size_t>(row.number()); }, name,
            slots.condition, from, to, now_, found.looked_at);
    }
    batch.add(
        mysql::find_due, [this, &served, &found](Row row) { read(row, served, found); }, now_, name,
        slots.condition, from, to, found.looked_at, found.wanted);
}

/// Jobs that this transaction has locked already are found once more.
bool MysqlClaim::look_beyond_others(MysqlBatch& batch) {
    constexpr int most_looks = 3;
    constexpr std::size_t more = 8;
    if (looks_beyond_ == most_looks) return false;
    bool is_any = false;
    for (Served& served : served_)
        for (Found* found : {&served.first, &served.then})
            if (found->is_crowded()) {
                found->jobs.clear();
                found->looked_at *= more;
                look(batch, *found);
                is_any = true;
            }
    if (!is_any) return false;
    ++looks_beyond_;
    ask_for_used_fence(batch);
    return true;
}

void MysqlClaim::ask_for_next_due(MysqlBatch& batch) {
    if (std::exchange(asked_for_next_due_, true)) return;
    batch.add(
        statements::time, [this](Row row) { server_now_ = row.time(); }, now_);
    for (const std::string& queue : request_.queues)
        batch.add(
            mysql::next_due_in,
            [this](Row row) {
                const Duration due = std::max(row.duration(), Duration::zero());
                due_in_ = std::min(due_in_.value_or(due), due);
            },
            now_, queue);
}

void MysqlClaim::read(Row row, Served& served, Found& found) {
    const Timestamp run_at = row.time();
    served.oldest = std::min(served.oldest.value_or(run_at), run_at);
    found.jobs.push_back(read_claimed(row));
}

ClaimFloors::Findings MysqlClaim::findings(const Served& served, bool has_dropped,
                                           SteadyTime ended) const {
    constexpr Duration each_job_takes{50};
    const auto jobs = static_cast<Duration::rep>(settled_ + request_.limit - missing());
    return {.oldest = served.oldest,
            .is_filled = has_dropped || !served.was_searched_then || served.first.is_crowded() ||
                         served.then.is_crowded() ||
                         (served.then.wanted > 0 && served.then.jobs.size() == served.then.wanted),
            .now = server_now_,
            .looked_to = served.looked_to,
            .took = std::max(ended - began_ - each_job_takes * jobs, Duration::zero())};
}

/// Of searches that went together, those that come later may have found more than was still wanted.
void MysqlClaim::take(MysqlBatch& batch) {
    const auto ended = steady_now();
    std::size_t wanted = request_.limit;
    std::vector<JobId> ids;
    for (std::size_t i = 0; i < served_.size(); ++i) {
        Served& served = served_[i];
        if (!served.was_searched_first) continue;
        const bool had_enough = served.first.jobs.size() == served.first.wanted;
        filled_.set(request_.queues[i], had_enough);
        const bool has_dropped = served.first.jobs.size() + served.then.jobs.size() > wanted;
        floors_.end(request_.queues[i], served.search, findings(served, has_dropped, ended), began_,
                    ended);
        for (Found* found : {&served.first, &served.then}) {
            found->jobs.resize(std::min(found->jobs.size(), wanted));
            wanted -= found->jobs.size();
            for (ClaimedJob& job : found->jobs) {
                become_taken(job, used_fence_);
                ids.push_back(job.lease.id);
            }
        }
    }
    std::ranges::sort(ids);
    in_lists(ids, [&](const Expression& these) {
        batch.add_change(mysql::take, used_fence_, request_.worker, now_, request_.lease_for,
                         request_.ahead ? 1 : 0, these);
    });
}

void MysqlClaim::read_steps(Session& session) {
    for (Served& served : served_)
        for (Found* found : {&served.first, &served.then})
            soci_adapter::read_steps(session, mysql::over_rows, std::span(found->jobs));
}

void MysqlClaim::move_to(Exchange& answer) {
    const auto before = answer.claimed.size();
    for (Served& served : served_) {
        const bool in_order = served.search.is_below_first;
        for (Found* found :
             {in_order ? &served.first : &served.then, in_order ? &served.then : &served.first})
            std::ranges::move(found->jobs, std::back_inserter(answer.claimed));
    }
    if (answer.claimed.size() - before == request_.limit) return;
    const bool is_crowded = std::ranges::any_of(served_, [](const Served& served) {
        return served.first.is_crowded() || served.then.is_crowded();
    });
    answer.next_due_in = is_crowded ? Duration::zero() : due_in_;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
