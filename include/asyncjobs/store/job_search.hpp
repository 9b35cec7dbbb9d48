#pragma once

#include <asyncjobs/job.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The last job that a search has looked at.
struct SearchPosition {
    JobId id = {};
    std::string queue = {}; ///< in the order of claims; otherwise empty
    Timestamp at = {};      ///< its place in the queue, likewise

    friend bool operator==(const SearchPosition&, const SearchPosition&) = default;
};

/// The order in which a search returns jobs.
enum class SearchOrder {
    newest, ///< by id, the last first
    claims, ///< by queue, and then as the jobs will be claimed
};

/// Which jobs an operator looks for. Empty members match every job; the others all apply.
struct JobSearch {
    static constexpr std::size_t max_limit = 1'000;
    static constexpr std::size_t max_looks = 20'000;

    std::vector<JobStatus> statuses = {}; ///< one of these
    std::optional<std::string> queue = {};
    std::optional<TypeName> type = {};
    std::optional<std::string> owner = {};
    std::optional<std::string> worker = {};     ///< that has, or last had, the lease
    std::optional<std::string> error_code = {}; ///< of Job::error
    /// The job that has this idempotency key, and the live one that holds this unique key.
    std::optional<std::string> key = {};
    std::optional<JobId> parents_of = {};  ///< the jobs that this one waits, or waited, for
    std::optional<JobId> children_of = {}; ///< the jobs that wait, or waited, for this one
    /// From `created_since` until before `created_until`, by the times in the ids: those of the
    /// submitters' clocks.
    std::optional<Timestamp> created_since = {};
    std::optional<Timestamp> created_until = {};
    bool library_jobs = false; ///< also those whose type begins with `asyncjobs.`

    std::optional<SearchPosition> after = {}; ///< continues a search: JobSearchPage::next
    std::size_t limit = 50;                   ///< 1 - max_limit
    /// How many jobs to look at, at most: 1 - max_looks. Fewer make a call quicker, and more calls
    /// necessary.
    std::size_t looks = max_looks;
};

/// Ids from `from` until before `before`, if these are set.
struct IdRange {
    std::optional<JobId> from = {};
    std::optional<JobId> before = {};

    /// Whether the id is one of them.
    bool contains(const JobId& id) const noexcept {
        return (!from || id >= *from) && (!before || id < *before);
    }
};

/// The ids that a search allows by `created_since` and `created_until`.
inline IdRange created_ids(const JobSearch& search) noexcept {
    const auto first_id_of = [](const std::optional<Timestamp>& time) {
        return time ? std::optional(JobId::make(*time, 0, 0)) : std::nullopt;
    };
    return {.from = first_id_of(search.created_since), .before = first_id_of(search.created_until)};
}

/// Returns the order of the results: that of claims for pending jobs alone; the newest first for
/// others, and for those of an owner, a key or a dependency.
inline SearchOrder order_of(const JobSearch& search) noexcept {
    const bool is_of_pending =
        search.statuses.size() == 1 && search.statuses.front() == JobStatus::pending;
    const bool is_narrow = search.owner || search.key || search.parents_of || search.children_of;
    return is_of_pending && !is_narrow ? SearchOrder::claims : SearchOrder::newest;
}

/// The result of OperatorStore::search().
struct JobSearchPage {
    std::vector<Job> jobs = {}; ///< without payloads: see JobParts::summary
    /// How far the search looked; continue with JobSearch::after. Empty: it looked at every job.
    std::optional<SearchPosition> next = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
