#pragma once

#include <asyncjobs/time.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Entries of an index that are due at `from` or later, and before `to`.
struct DueRange {
    Timestamp from = Timestamp::max();
    Timestamp to = Timestamp::min();

    bool is_empty() const noexcept { return from >= to; }
};

/// Decides when to look below a low-water mark for late entries, and at which part.
///
/// Known live entries begin at the mark. Below it an index keeps the entries of removed rows until
/// the database has cleaned up, which one long transaction of any client delays. While a look at
/// everything below is quick, looks cover all of it. Otherwise they cover a piece at a time, from
/// the mark downwards and then again from the mark. With pauses, looks take about a twentieth of
/// the time, and no look takes much longer than the others.
///
/// Thread-safety  None.
class LooksBelow {
public:
    struct Pace {
        Duration quick;          ///< longest look at everything; else looks are at pieces
        Duration quick_piece;    ///< target of a look at a piece; adapts the next one's width
        Duration shortest_pause; ///< after a piece
        Duration longest_pause;  ///< a look that would need more has waited for something else
        Duration rest;           ///< at least, after everything was looked at
    };

    static constexpr Duration any_width = std::chrono::hours{24 * 365 * 100};

    /// `mark` is the first mark, `widest` the longest piece. If `widest` is limited, pieces go down
    /// to the first mark only, and looks at everything take a two-hundredth of the time; if it is
    /// 0, there are no pieces.
    LooksBelow(const Pace& pace, Duration widest, Timestamp mark, SteadyTime now)
        : pace_(&pace), widest_(widest), first_mark_(mark), looks_at_(now + pace.rest) {}

    /// Returns the range to look at below `mark`; empty if none.
    DueRange next(Timestamp mark, SteadyTime now) const noexcept;

    /// Records a look at `range` and its duration. The mark may have changed since.
    void looked(const DueRange& range, Duration took, SteadyTime now);

    /// Whether looks cover everything below.
    bool are_of_all() const noexcept { return width_ == any_width; }

    /// Entries may have been added: no rest before the next look, while looks are quick.
    void end_rest() noexcept {
        if (are_of_all() && not_quick_in_a_row_ == 0) looks_at_ = {};
    }

    /// Whether the latest look was the last of its round.
    bool has_seen_all() const noexcept { return next_to_ == Timestamp::max(); }

private:
    bool reaches_all() const noexcept { return widest_ == any_width; }
    Duration piece_width(Timestamp mark, Timestamp to) const noexcept;
    void looked_at_all(Duration took, SteadyTime now);
    void looked_at_piece(const DueRange& piece, Duration took, SteadyTime now);

    const Pace* pace_;
    Duration widest_;
    Timestamp first_mark_;
    Timestamp next_to_ = Timestamp::max(); ///< end of the next piece, unless the mark is lower
    Duration width_ = any_width;           ///< of the next piece; any_width: everything
    Duration top_width_ = any_width;       ///< of the piece after the one at the mark
    bool was_slow_ = false;                ///< the last look at everything
    int not_quick_in_a_row_ = 0;           ///< looks at everything slower than a quick piece
    SteadyTime looks_at_;                  ///< earliest next look
    SteadyTime looks_deep_at_ = {};        ///< earliest look at everything, while slow
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
