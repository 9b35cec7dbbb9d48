#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <unordered_set>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Calls `each(batch)` for consecutive parts of `all`, in none of which `name_of` returns a name
/// twice: in one statement the order of two items of a job would be undefined.
template <typename Item, typename NameOf, typename Each>
void in_batches(std::span<const Item> all, NameOf name_of, Each each) {
    std::unordered_set<std::invoke_result_t<NameOf, const Item&>> seen;
    std::size_t start = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (seen.insert(name_of(all[i])).second) continue;
        each(all.subspan(start, i - start));
        start = i;
        seen.clear();
        seen.insert(name_of(all[i]));
    }
    if (start < all.size()) each(all.subspan(start));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
