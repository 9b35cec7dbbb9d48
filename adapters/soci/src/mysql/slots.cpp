#include "mysql/slots.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Rounds towards 0, as the column does.
std::int64_t slot_of(Timestamp time) { return time.time_since_epoch() / slot_width; }

} // namespace

Slots slots_of(const DueRange& range, std::optional<Timestamp> now) {
    const std::int64_t first = slot_of(range.from);
    std::int64_t last = slot_of(range.to - Duration{1});
    // One more slot, as the time is approximate.
    if (now) last = std::min(last, slot_of(*now) + 1);
    last = std::max(first, last);
    if (static_cast<std::uint64_t>(last - first) >= most_slots)
        return {{"due_slot BETWEEN " + std::to_string(first) + " AND " + std::to_string(last)},
                range.to};
    std::string list = "due_slot IN (" + std::to_string(first);
    for (auto slot = first + 1; slot <= last; ++slot) list += "," + std::to_string(slot);
    return {{list + ")"}, std::min(range.to, Timestamp{(last + 1) * slot_width})};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
