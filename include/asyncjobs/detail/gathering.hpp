#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How long the next commit waits for callers who may be about to come. Those whose commit has just
/// ended often come back at once; without a pause, they and those who waited meanwhile take turns,
/// and each commit carries half of what it could.
///
/// A pause is short against a commit. Each one in vain makes the next ones rarer, so that callers
/// who do not come back at once pay next to nothing.
///
/// Thread-safety  None.
class Gathering {
public:
    /// Of the commit that is about to begin, for which `waiting` callers are there: how many more
    /// make it worth starting before its pause is over. Zero: no pause.
    std::size_t missing(std::size_t waiting) {
        if (waiting >= seen_) return 0;
        if (skip_ > 0) {
            --skip_;
            return 0;
        }
        return seen_ - waiting;
    }
    Duration pause() const {
        constexpr Duration longest = std::chrono::milliseconds{5};
        return std::min(took_ / 2, longest);
    }
    void paused(bool all_came) {
        constexpr int most_skips = 64;
        skips_ = all_came ? 0 : std::min(most_skips, 2 * skips_ + 1);
        skip_ = skips_;
    }

    /// A commit for `callers` took so long, and `waiting` others came meanwhile.
    void committed(std::size_t callers, std::size_t waiting, Duration took) {
        seen_ = callers + waiting;
        took_ = took;
    }

private:
    std::size_t seen_ = 0; ///< callers, of late
    Duration took_{};
    int skip_ = 0;  ///< commits to come that shall not pause
    int skips_ = 0; ///< after the latest pause
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
