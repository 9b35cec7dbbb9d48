#include "mysql/claim.hpp"

#include "mysql/slots.hpp"
#include "mysql/statements.hpp"
#include "store/dialect.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

MysqlClaim::MysqlClaim(const ClaimRequest& request, std::optional<Timestamp> now,
                       ClaimWatermarks& watermarks, FilledQueues& filled)
    : request_(request), now_(now), watermarks_(watermarks), filled_(filled), began_(steady_now()) {
    if (request.limit == 0) return;
    for (const std::string& queue : request.queues) {
        Served served{.queue = queue, .search = watermarks.begin(queue, began_)};
        for (const DueRange& range : served.search.ranges) served.found.push_back({.range = range});
        served_.push_back(std::move(served));
    }
}

/// Returns how many more jobs are wanted.
std::size_t MysqlClaim::missing() const {
    std::size_t count = 0;
    for (const Served& served : served_)
        for (const Found& found : served.found) count += found.jobs.size();
    return request_.limit - std::min(count, request_.limit);
}

bool MysqlClaim::search(MysqlBatch& batch) {
    if (look_beyond_others(batch)) return true;
    if (is_searched_ || served_.empty() || missing() == 0) return false;
    read_next_due(batch);
    for (Served& served : served_) {
        const bool is_likely_enough =
            served.searched == 0 && !served.search.begins_below() && filled_.contains(served.queue);
        if (served.searched < served.found.size()) search_next(batch, served);
        if (is_likely_enough) {
            read_used_fence(batch);
            return true;
        }
        while (served.searched < served.found.size()) search_next(batch, served);
    }
    read_used_fence(batch);
    is_searched_ = true;
    return true;
}

void MysqlClaim::read_used_fence(MysqlBatch& batch) {
    batch.add(shared::sql.used_fence, [this](Row row) { used_fence_ = row.number(); });
}

void MysqlClaim::search_next(MysqlBatch& batch, Served& served) {
    Found& found = served.found[served.searched++];
    found.wanted = missing();
    found.looked_at = 2 * found.wanted;
    const bool is_measured = served.search.is_looked_at_in(found.range);
    if (is_measured)
        batch.add(mysql::sql.now, [&served](Row row) { served.look_began = row.time(); });
    look(batch, served, found);
    if (is_measured)
        batch.add(mysql::sql.now,
                  [&served](Row row) { served.look_took = row.time() - served.look_began; });
}

void MysqlClaim::look(MysqlBatch& batch, Served& served, Found& found) {
    const std::string& name = served.queue;
    const auto& [from, to] = found.range;
    const Slots slots = slots_of(found.range, now_ ? now_ : served.search.now);
    if (to == Timestamp::max()) { // ranges below are searched again soon
        served.looked_to = slots.to;
        batch.add(
            mysql::sql.count_due,
            [&found](Row row) { found.seen = static_cast<std::size_t>(row.number()); }, name,
            slots.condition, from, to, now_, found.looked_at);
    }
    batch.add(
        mysql::sql.find_due, [this, &served, &found](Row row) { read(row, served, found); }, now_,
        name, slots.condition, from, to, found.looked_at, found.wanted);
}

/// Also finds the jobs that this transaction has locked already.
bool MysqlClaim::look_beyond_others(MysqlBatch& batch) {
    constexpr int most_looks = 3;
    constexpr std::size_t more = 8;
    if (looks_beyond_ == most_looks) return false;
    bool is_any = false;
    for (Served& served : served_)
        for (Found& found : served.found)
            if (found.is_crowded()) {
                found.jobs.clear();
                found.looked_at *= more;
                look(batch, served, found);
                is_any = true;
            }
    if (!is_any) return false;
    ++looks_beyond_;
    read_used_fence(batch);
    return true;
}

void MysqlClaim::read_next_due(MysqlBatch& batch) {
    if (std::exchange(reads_next_due_, true)) return;
    batch.add(
        shared::sql.time, [this](Row row) { server_now_ = row.time(); }, now_);
    for (const std::string& queue : request_.queues)
        batch.add(
            mysql::sql.next_due_in,
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

ClaimWatermarks::Findings MysqlClaim::findings(const Served& served, bool has_dropped) const {
    const bool has_looked_below = served.searched == served.found.size();
    return {.oldest = served.oldest,
            .is_filled =
                has_dropped || !has_looked_below || served.is_full() || served.is_crowded(),
            .has_looked_below = has_looked_below,
            .now = server_now_,
            .looked_to = served.looked_to,
            .look_took = served.look_took};
}

/// Later searches of one packet may have found more jobs than are still wanted.
void MysqlClaim::take(MysqlBatch& batch) {
    const auto ended = steady_now();
    std::size_t wanted = request_.limit;
    std::vector<JobId> ids;
    for (Served& served : served_) {
        if (served.searched == 0) continue;
        filled_.set(served.queue, served.is_full());
        std::size_t count = 0;
        for (const Found& found : served.found) count += found.jobs.size();
        watermarks_.end(served.queue, served.search, findings(served, count > wanted), began_,
                        ended);
        for (Found& found : served.found) {
            found.jobs.resize(std::min(found.jobs.size(), wanted));
            wanted -= found.jobs.size();
            for (ClaimedJob& job : found.jobs) {
                become_taken(job, used_fence_);
                ids.push_back(job.lease.id);
            }
        }
    }
    std::ranges::sort(ids);
    in_lists(ids, [&](const Expression& these) {
        batch.add_change(mysql::sql.take, used_fence_, request_.worker, now_, request_.lease_for,
                         request_.ahead ? 1 : 0, these);
    });
}

void MysqlClaim::read_steps(Session& session) {
    for (Served& served : served_)
        for (Found& found : served.found)
            soci_adapter::read_steps(session, mysql::sql.rows, std::span(found.jobs));
}

void MysqlClaim::move_to(Exchange& result) {
    const auto before = result.claimed.size();
    for (Served& served : served_) {
        std::ranges::sort(served.found, {}, [](const Found& found) { return found.range.from; });
        for (Found& found : served.found)
            std::ranges::move(found.jobs, std::back_inserter(result.claimed));
    }
    if (result.claimed.size() - before == request_.limit) return;
    const bool is_crowded = std::ranges::any_of(served_, &Served::is_crowded);
    result.next_due_in = is_crowded ? Duration::zero() : due_in_;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
