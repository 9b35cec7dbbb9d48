#pragma once

#include "conformance_check.hpp"

#include <span>
#include <string>
#include <vector>

/// Shared by the cases about limits.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

inline constexpr Duration a_year = std::chrono::days{366};

inline std::vector<JobId> claimed_ids(Scene& scene, std::size_t limit,
                                      const std::vector<std::string>& queues = {"default"}) {
    return ids_of(scene.claim(limit, queues));
}

/// Settles, and claims every job that may start.
inline Exchange exchange_all(Scene& scene, std::span<const Settlement> settlements = {}) {
    const std::vector<std::string> queues = {"default"};
    return scene.store().exchange(
        settlements, {.worker = "worker", .queues = queues, .limit = 10, .lease_for = long_lease});
}

inline void complete(Scene& scene, const JobId& id) {
    scene.accept(Settlement::completed({id, scene.job(id).fence}, JsonText()));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
