#pragma once

#include "conformance_check.hpp"

#include <vector>

/// Shared by the cases about dependencies.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

/// Until promote() returns no job.
inline std::vector<Promoted> promote(Scene& scene, std::size_t limit = 100) {
    std::vector<Promoted> all;
    for (;;) {
        const auto some = scene.store().promote(limit);
        if (some.empty()) return all;
        all.insert(all.end(), some.begin(), some.end());
    }
}

inline JobId child_of(Scene& scene, std::vector<JobId> parents,
                      OnParentFailure policy = OnParentFailure::cancel) {
    return scene.submit({.queue = "children",
                         .keep_failed = an_hour,
                         .after = std::move(parents),
                         .on_parent_failure = policy});
}

inline std::size_t claimable(Scene& scene) { return scene.claim(100, {"children"}).size(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
