#pragma once

#include "db/query.hpp"
#include "watermarks/claim_watermarks.hpp"

#include <asyncjobs/time.hpp>

#include <cstddef>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Times are divided into slots of this length: see the column `due_slot`.
///
/// InnoDB ends a range scan of an index only at the next entry of a live job: beyond the range it
/// scans all dead entries, of other queues too. A lookup by equal keys ends with their last entry.
/// So a search looks up single slots, if they are not too many.
inline constexpr Duration slot_width{262'144};
inline constexpr std::size_t most_slots = 128;
/// A range of times up to this length never has too many slots.
inline constexpr Duration widest_piece = (most_slots - 2) * slot_width;

/// A condition for the slots of a range of times.
struct Slots {
    Expression condition;
    Timestamp to; ///< the slots cover the part of the range before this
};

/// Returns the slots of `range` that are due by about `now`; if the time is unknown, all of them.
Slots slots_of(const DueRange& range, std::optional<Timestamp> now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
