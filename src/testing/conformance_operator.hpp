#pragma once

#include "conformance_check.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

/// Shared by the cases about operators.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

inline Count exactly(std::uint64_t value) { return {.value = value}; }

/// The state of a queue that OperatorStore::queues() returns.
inline QueueState queue_of(Scene& scene, std::string_view name) {
    const auto page = scene.operators().queues({}, OperatorStore::max_queues);
    for (const QueueState& queue : page.queues)
        if (queue.name == name) return queue;
    fail(fmt::format("expected the queue {} in the list", show(name)));
}

/// The explanation of a job that exists.
inline JobWait why(Scene& scene, const JobId& id) {
    auto wait = scene.operators().why(id);
    if (!wait) fail(fmt::format("expected an explanation of {}", id.text()));
    return *std::move(wait);
}

/// The ids of all pages of a search. Fails if a page has too many jobs, or if there are more
/// pages than necessary for `jobs` stored jobs.
inline std::vector<JobId> pages_of(Scene& scene, JobSearch search, std::size_t jobs) {
    std::vector<JobId> found;
    for (std::size_t pages = 0; pages <= jobs + 1; ++pages) {
        const auto page = scene.operators().search(search);
        expect(page.jobs.size() <= std::min(search.limit, search.looks),
               "no more jobs in a page than its limit, or than it looks at");
        for (const Job& job : page.jobs) found.push_back(job.id);
        if (!page.next) return found;
        search.after = page.next;
    }
    fail(fmt::format("expected at most {} pages", jobs + 2));
}

/// Those of a search that finds few jobs.
inline std::vector<JobId> found_by(Scene& scene, const JobSearch& search) {
    return pages_of(scene, search, search.looks);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
