#pragma once

#include "looks_below.hpp"

#include <asyncjobs/time.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where calls that are made over and over begin in an index, by name: at a floor, below which
/// nothing is known to live. What is there all the same is found by looks below it.
///
/// Thread-safety  Full.
class Floors {
public:
    /// Where a call begins, once what is due to be looked at below has been, by `find(range)`,
    /// which returns the oldest that is there. `clock` is this process's.
    Timestamp begin(std::string_view of, const auto& find, const auto& clock) {
        const SteadyTime began = clock();
        if (const DueRange range = below(of, began); !range.is_empty()) {
            const std::optional<Timestamp> oldest = find(range);
            looked(of, range, oldest, began, clock());
        }
        return floor_of(of);
    }

    /// What to look at before the next call, if anything.
    DueRange below(std::string_view of, SteadyTime now) const;

    /// What came of that.
    void looked(std::string_view of, const DueRange& range, std::optional<Timestamp> oldest,
                SteadyTime began, SteadyTime now);

    /// Where the call begins: at the oldest entries, if not known.
    Timestamp floor_of(std::string_view of) const;

    /// The next calls begin with the oldest entries.
    void forget();

protected:
    struct Floor {
        LooksBelow looks;
        Timestamp floor;
        SteadyTime lowered_at = {};
        Timestamp counted_at = {};  ///< by the database's clock
        SteadyTime counted_by = {}; ///< by this process's
    };

    /// `widest`: of a look at a piece of what is below.
    Floors(const LooksBelow::Pace& pace, Duration widest) : pace_(pace), widest_(widest) {}

    /// What is known of it; `floor` if nothing is.
    Floor& known_or(std::string_view of, Timestamp floor, SteadyTime now);
    static void lower_to(Floor& known, Timestamp time, SteadyTime now);

    const LooksBelow::Pace& pace_;
    const Duration widest_;
    mutable std::mutex mutex_;
    std::map<std::string, Floor, std::less<>> floors_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
