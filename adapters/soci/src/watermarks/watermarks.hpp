#pragma once

#include "watermarks/looks_below.hpp"

#include <asyncjobs/time.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Where recurring calls begin in an index, by name: at a low-water mark, below which no live entry
/// is known. Entries that exist there nevertheless are found by looks below it.
///
/// Thread-safety  Full.
class Watermarks {
public:
    /// Returns where a call begins. First runs the look below that is due, if any, by
    /// `find(range)`, which returns the oldest entry there. `clock` is this process's.
    Timestamp begin(std::string_view of, const auto& find, const auto& clock) {
        const SteadyTime began = clock();
        if (const DueRange range = below(of, began); !range.is_empty()) {
            const std::optional<Timestamp> oldest = find(range);
            looked(of, range, oldest, began, clock());
        }
        return watermark_of(of);
    }

    /// Returns the range to look at before the next call; empty if none.
    DueRange below(std::string_view of, SteadyTime now) const;

    /// Records the outcome of that look.
    void looked(std::string_view of, const DueRange& range, std::optional<Timestamp> oldest,
                SteadyTime began, SteadyTime now);

    /// Returns where the call begins; with the oldest entries, if unknown.
    Timestamp watermark_of(std::string_view of) const;

    /// Makes the next calls begin with the oldest entries.
    void forget();

protected:
    struct Watermark {
        LooksBelow looks;
        Timestamp watermark;
        SteadyTime lowered_at = {};
        Timestamp counted_at = {};  ///< by the database's clock
        SteadyTime counted_by = {}; ///< by this process's
    };

    /// `widest`: the longest piece of a look below the mark.
    Watermarks(const LooksBelow::Pace& pace, Duration widest) : pace_(pace), widest_(widest) {}

    /// Returns the entry of `of`; makes one with `watermark` if none exists.
    Watermark& known_or(std::string_view of, Timestamp watermark, SteadyTime now);
    static void lower_to(Watermark& known, Timestamp time, SteadyTime now);

    const LooksBelow::Pace& pace_;
    const Duration widest_;
    mutable std::mutex mutex_;
    std::map<std::string, Watermark, std::less<>> watermarks_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
