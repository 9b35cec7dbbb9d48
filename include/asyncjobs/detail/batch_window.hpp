#pragma once

#include <asyncjobs/time.hpp>

#include <algorithm>
#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How long the next commit waits for callers that are about to arrive. Callers whose commit has
/// just ended often return at once; without a pause, they and those that waited meanwhile
/// alternate, and each commit carries half of the possible items.
///
/// A pause is short compared to a commit. Each pause in vain makes the next ones rarer, so that
/// callers that do not return at once lose next to nothing.
///
/// Thread-safety  None.
class BatchWindow {
public:
    /// For a commit about to begin with `waiting` callers: how many more make it worth starting
    /// before its pause is over. Zero: no pause.
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

    /// A commit for `callers` took `took`, and `waiting` others arrived meanwhile.
    void committed(std::size_t callers, std::size_t waiting, Duration took) {
        seen_ = callers + waiting;
        took_ = took;
    }

private:
    std::size_t seen_ = 0; ///< recent callers
    Duration took_{};
    int skip_ = 0;  ///< upcoming commits without a pause
    int skips_ = 0; ///< after the latest pause
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
