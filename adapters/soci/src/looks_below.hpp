#pragma once

#include <asyncjobs/time.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Entries of an index that are due at `from` or later, and before `to`.
struct DueRange {
    Timestamp from = Timestamp::max();
    Timestamp to = Timestamp::min();

    bool is_empty() const noexcept { return from >= to; }
};

/// When to look below a mark for what came there late, and at which part of it.
///
/// A mark is where what is known to live begins. Below it an index keeps the entries of what is
/// gone until the database has cleaned up, which one long transaction of anybody's puts off. So all
/// of it is looked at while that is quick. Where it is not, a piece at a time, from the mark
/// downwards and then again from the mark. There are pauses, so that looking takes about a
/// twentieth of the time and no look takes much longer than the others.
///
/// Thread-safety  None.
class LooksBelow {
public:
    struct Pace {
        Duration quick;          ///< a look at all that is below; longer ones are at pieces
        Duration quick_piece;    ///< one at a piece; the next one is shorter or longer
        Duration shortest_pause; ///< after a piece
        Duration longest_pause;  ///< what takes so long has waited for something else
        Duration rest;           ///< at least, once all has been looked at
    };

    static constexpr Duration any_width = std::chrono::hours{24 * 365 * 100};

    /// `mark` is the first one. `widest`: of a piece. Where a piece can't be as long as it likes,
    /// they go down to the first mark, and all that is below is looked at for a two-hundredth of
    /// the time; where it is 0, that only.
    LooksBelow(const Pace& pace, Duration widest, Timestamp mark, SteadyTime now)
        : pace_(&pace), widest_(widest), first_mark_(mark), looks_at_(now + pace.rest) {}

    /// What to look at below `mark`, if anything.
    DueRange next(Timestamp mark, SteadyTime now) const noexcept;

    /// That took `took`, which is how long to look once. The mark may be another one by now.
    void looked(const DueRange& range, Duration took, SteadyTime now);

    /// Whether all that is below can be looked at, as far as is known.
    bool are_of_all() const noexcept { return width_ == any_width; }

    /// Something may have come: no rest before the next look, while looks are quick.
    void end_rest() noexcept {
        if (are_of_all() && not_quick_in_a_row_ == 0) looks_at_ = {};
    }

    /// Whether the look that came last was the last one for now.
    bool has_seen_all() const noexcept { return next_to_ == Timestamp::max(); }

private:
    bool reaches_all() const noexcept { return widest_ == any_width; }
    Duration piece_width(Timestamp mark, Timestamp to) const noexcept;
    void looked_at_all(Duration took, SteadyTime now);
    void looked_at_piece(const DueRange& piece, Duration took, SteadyTime now);

    const Pace* pace_;
    Duration widest_;
    Timestamp first_mark_;
    Timestamp next_to_ = Timestamp::max(); ///< where the next piece ends, or at the mark
    Duration width_ = any_width;           ///< of the next piece, or all that is below
    Duration top_width_ = any_width;       ///< of the piece after the one at the mark
    bool was_slow_ = false;                ///< the last look at all that is below
    int not_quick_in_a_row_ = 0;           ///< looks at all, which take as long as a piece
    SteadyTime looks_at_;                  ///< not before
    SteadyTime looks_deep_at_ = {};        ///< at all, while it is not quick
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
