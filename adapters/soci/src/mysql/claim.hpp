#pragma once

#include "mysql/batch.hpp"
#include "watermarks/claim_watermarks.hpp"

#include <asyncjobs/store/job_store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The queues from which the latest claim got as many jobs as it wanted.
///
/// Thread-safety  Full.
class FilledQueues {
public:
    bool contains(std::string_view queue) const {
        const std::lock_guard lock(mutex_);
        return queues_.contains(queue);
    }
    void set(const std::string& queue, bool is_filled) {
        const std::lock_guard lock(mutex_);
        if (is_filled)
            queues_.insert(queue);
        else
            queues_.erase(queue);
    }

private:
    mutable std::mutex mutex_;
    std::set<std::string, std::less<>> queues_;
};

/// Changes a found job as the statement `take` changes its row.
inline void become_taken(ClaimedJob& job, std::int64_t used_fence) {
    job.lease.fence = std::max(job.lease.fence, used_fence) + 1;
    ++job.attempt;
}

/// A claim from one queue after the other: searches the ranges that ClaimWatermarks returns until
/// it has enough due jobs, and finds when the next job is due.
///
/// One packet holds the searches that are likely to be needed: all of them if the queues had too
/// few jobs the last time, but none after a queue that had enough. Jobs are found without locks and
/// then locked one by one, twice as many as are wanted, as other transactions may have locked the
/// first of them. If they have locked nearly all, it searches again, for more.
class MysqlClaim {
public:
    MysqlClaim(const ClaimRequest& request, std::optional<Timestamp> now,
               ClaimWatermarks& watermarks, FilledQueues& filled);

    /// Adds the remaining searches; returns false if none remain, or enough jobs were found.
    /// Earlier additions must have been run.
    bool search(MysqlBatch& batch);

    /// Adds the statements that lease the jobs that were found.
    void take(MysqlBatch& batch);

    /// Reads the steps of their earlier attempts.
    void read_steps(Session& session);

    /// Appends the jobs; if they are too few, also sets when the next one is due. Call it once.
    void move_to(Exchange& result);

private:
    struct Found {
        DueRange range = {};
        std::size_t wanted = 0;
        std::size_t looked_at = 0; ///< at most so many due jobs
        std::size_t seen = 0;      ///< locked or not
        std::vector<ClaimedJob> jobs = {};

        bool is_full() const noexcept { return wanted > 0 && jobs.size() == wanted; }
        /// More jobs may follow those that other transactions have locked.
        bool is_crowded() const noexcept {
            return jobs.size() < wanted && looked_at > 0 && seen >= looked_at;
        }
    };
    struct Served {
        const std::string& queue;
        ClaimWatermarks::Search search;
        std::vector<Found> found = {}; ///< of each range; does not grow
        std::size_t searched = 0;      ///< ranges
        std::optional<Timestamp> oldest = {};
        Timestamp looked_to = Timestamp::max();
        Timestamp look_began = {};
        std::optional<Duration> look_took = {};

        bool is_full() const { return std::ranges::any_of(found, &Found::is_full); }
        bool is_crowded() const { return std::ranges::any_of(found, &Found::is_crowded); }
    };

    void search_next(MysqlBatch& batch, Served& served);
    void look(MysqlBatch& batch, Served& served, Found& found);
    bool look_beyond_others(MysqlBatch& batch);
    ClaimWatermarks::Findings findings(const Served& served, bool has_dropped) const;
    void read_next_due(MysqlBatch& batch);
    void read_used_fence(MysqlBatch& batch);
    void read(Row row, Served& served, Found& found);
    std::size_t missing() const;

    const ClaimRequest& request_;
    const std::optional<Timestamp> now_;
    std::optional<Timestamp> server_now_;
    ClaimWatermarks& watermarks_;
    FilledQueues& filled_;
    const SteadyTime began_;
    std::vector<Served> served_; ///< in the order of the request; does not grow
    bool is_searched_ = false;
    bool reads_next_due_ = false;
    int looks_beyond_ = 0;
    std::optional<Duration> due_in_;
    std::int64_t used_fence_ = 0; ///< when the last jobs were locked
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
