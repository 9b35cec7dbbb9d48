#pragma once

#include "claim_floors.hpp"
#include "query.hpp"

#include <asyncjobs/time.hpp>

#include <cstddef>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Times are in slots of this length: see the column `due_slot`.
///
/// A range of an index does not end for InnoDB before the next entry of a living job: beyond its
/// end it walks over all dead ones, of other queues, too. What it looks up by equal keys ends with
/// the last of these entries. So a search is for single slots, where these are not too many.
inline constexpr Duration slot_width{262'144};
inline constexpr std::size_t most_slots = 128;
/// So long may a range of times be that is never more.
inline constexpr Duration widest_piece = (most_slots - 2) * slot_width;

/// A condition for the slots of a range of times.
struct Slots {
    Expression condition;
    Timestamp to; ///< what is due before this is in them, if it is in the range
};

/// The slots of `range` that are due by about `now`; with an unknown time, of all of it.
Slots slots_of(const DueRange& range, std::optional<Timestamp> now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
