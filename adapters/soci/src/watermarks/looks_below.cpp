#include "watermarks/looks_below.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Slow looks take at most one part in so many of the time.
constexpr int pieces_one_in = 20, all_one_in = 200;
constexpr Duration longest_deep_pause = std::chrono::hours{1};

/// So many consecutive looks slower than a quick piece may be accidents.
constexpr int most_accidents = 2;

constexpr Duration first_width = std::chrono::seconds{1};
constexpr Duration least_width = std::chrono::milliseconds{1};

/// At most so many pieces reach the first mark, however long a look takes; below it, a piece is at
/// least such a part of its distance from there.
constexpr int most_pieces = 1000;

/// Pieces at the beginning may be empty and so of any length, while those at the mark are full.
constexpr int wider_each_time = 4;

} // namespace

Duration LooksBelow::piece_width(Timestamp mark, Timestamp to) const noexcept {
    const Duration least = std::max(
        {least_width, (mark - first_mark_) / most_pieces, (first_mark_ - to) / most_pieces});
    return std::min(std::max(width_, least), widest_);
}

DueRange LooksBelow::next(Timestamp mark, SteadyTime now) const noexcept {
    const DueRange all{Timestamp::min(), mark};
    if (width_ != any_width && !reaches_all() && now >= looks_deep_at_) return all;
    if (now < looks_at_) return {};
    if (width_ == any_width) return all;
    const Timestamp to = std::min(next_to_, mark);
    const Duration width = piece_width(mark, to);
    if (reaches_all() && to - Timestamp{} <= width) return {Timestamp::min(), to};
    return {to - width, to};
}

/// If pieces reach down to the beginning, the last of several is not a look at everything.
void LooksBelow::looked(const DueRange& range, Duration took, SteadyTime now) {
    const bool is_of_all =
        range.from == Timestamp::min() && (!reaches_all() || next_to_ == Timestamp::max());
    if (width_ == any_width || is_of_all)
        looked_at_all(took, now);
    else
        looked_at_piece(range, took, now);
}

void LooksBelow::looked_at_all(Duration took, SteadyTime now) {
    const bool is_slow = took > pace_->quick;
    width_ = is_slow && was_slow_ ? std::min(first_width, widest_) : any_width;
    was_slow_ = is_slow;
    not_quick_in_a_row_ = took > pace_->quick_piece ? not_quick_in_a_row_ + 1 : 0;
    next_to_ = Timestamp::max();
    const bool must_pause = is_slow || not_quick_in_a_row_ > most_accidents;
    const auto pause =
        must_pause ? std::min(pieces_one_in * took, pace_->longest_pause) : Duration::zero();
    looks_at_ = now + std::max(pause, pace_->rest);
    looks_deep_at_ =
        now + std::max(std::min(all_one_in * took, longest_deep_pause), pace_->longest_pause);
}

void LooksBelow::looked_at_piece(const DueRange& piece, Duration took, SteadyTime now) {
    if (took > 2 * pace_->quick_piece)
        width_ = std::max(width_ / (took / pace_->quick_piece), least_width);
    else if (took <= pace_->quick_piece)
        width_ = std::min(width_ * 2, widest_);
    if (next_to_ == Timestamp::max()) top_width_ = width_;
    const bool is_last =
        piece.from == Timestamp::min() || (!reaches_all() && piece.from <= first_mark_);
    next_to_ = is_last ? Timestamp::max() : piece.from;
    if (is_last) width_ = std::min(width_, wider_each_time * top_width_);
    const auto pause =
        std::clamp(pieces_one_in * took, pace_->shortest_pause, pace_->longest_pause);
    looks_at_ = now + (is_last ? std::max(pause, pace_->rest) : pause);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
