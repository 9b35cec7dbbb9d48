#pragma once

#include <asyncjobs/store/count.hpp>

#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Counts some of the things that it is shown, up to Count::counted, and looks at no more than
/// twice as many.
class BoundedCounter {
public:
    /// Returns false if it looks at no further ones.
    bool look(bool counts) noexcept {
        if (looks_++ == 2 * Count::counted || (counts && count_.value == Count::counted)) {
            count_.precision = Count::Precision::at_least;
            return false;
        }
        if (counts) ++count_.value;
        return true;
    }

    const Count& count() const noexcept { return count_; }
    std::size_t looks() const noexcept { return looks_; }

private:
    Count count_;
    std::size_t looks_ = 0;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
