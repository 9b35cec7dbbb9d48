#pragma once

#include <asyncjobs/job_id.hpp>

#include <cstddef>
#include <span>
#include <unordered_set>

namespace asyncjobs::soci_adapter {

/// Calls `each(batch)` for one part of `all` after the other, none of which names a job twice: in
/// one statement the order of such two would be open.
template <typename Item, typename IdOf, typename Each>
void in_batches(std::span<const Item> all, IdOf id_of, Each each) {
    std::unordered_set<JobId> seen;
    std::size_t start = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (seen.insert(id_of(all[i])).second) continue;
        each(all.subspan(start, i - start));
        start = i;
        seen.clear();
        seen.insert(id_of(all[i]));
    }
    if (start < all.size()) each(all.subspan(start));
}

} // namespace asyncjobs::soci_adapter
