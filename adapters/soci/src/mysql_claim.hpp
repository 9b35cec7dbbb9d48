#pragma once

#include "claim_floors.hpp"
#include "mysql_batch.hpp"

#include <asyncjobs/job_store.hpp>

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

/// The queues of which the latest claim got as many jobs as it wanted.
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

/// Makes of a job, as it was found, what `take` makes of its row.
inline void become_taken(ClaimedJob& job, std::int64_t used_fence) {
    job.lease.fence = std::max(job.lease.fence, used_fence) + 1;
    ++job.attempt;
}

/// A claim from one queue after the other: looks for due jobs where ClaimFloors says, until there
/// are enough, and for the next that will be due.
///
/// What is likely to be needed is asked for in one packet: all of it where the queues had too few
/// jobs the last time, but nothing after a queue that had enough. Jobs are found without locks and
/// then locked one by one, twice as many as are wanted, as others may have locked the first of
/// them. Where they have locked nearly all of these, it looks again, for more.
class MysqlClaim {
public:
    MysqlClaim(const ClaimRequest& request, std::optional<Timestamp> now, ClaimFloors& floors,
               FilledQueues& filled);

    /// Adds the searches that are left; false if there are none, or enough jobs were found. What
    /// was added before must have been run.
    bool search(MysqlBatch& batch);

    /// Adds what makes leases of the jobs that were found.
    void take(MysqlBatch& batch);

    /// Reads the steps that earlier attempts at them have done.
    void read_steps(Session& session);

    /// Appends them, and says when the next job is due if there were too few. To be called once.
    void move_to(Exchange& answer);

private:
    struct Found {
        DueRange range = {};
        std::size_t wanted = 0;
        std::size_t looked_at = 0; ///< of those that are due, at most so many
        std::size_t seen = 0;      ///< whether others have locked them or not
        std::vector<ClaimedJob> jobs = {};

        bool is_full() const noexcept { return wanted > 0 && jobs.size() == wanted; }
        /// There may be more beyond those that others have locked.
        bool is_crowded() const noexcept {
            return jobs.size() < wanted && looked_at > 0 && seen >= looked_at;
        }
    };
    struct Served {
        const std::string& queue;
        ClaimFloors::Search search;
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
    ClaimFloors::Findings findings(const Served& served, bool has_dropped) const;
    void ask_for_next_due(MysqlBatch& batch);
    void ask_for_used_fence(MysqlBatch& batch);
    void read(Row row, Served& served, Found& found);
    std::size_t missing() const;

    const ClaimRequest& request_;
    const std::optional<Timestamp> now_;
    std::optional<Timestamp> server_now_;
    ClaimFloors& floors_;
    FilledQueues& filled_;
    const SteadyTime began_;
    std::vector<Served> served_; ///< by their places in the request; does not grow
    bool is_searched_ = false;
    bool asked_for_next_due_ = false;
    int looks_beyond_ = 0;
    std::optional<Duration> due_in_;
    std::int64_t used_fence_ = 0; ///< as of when the last jobs were locked
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
