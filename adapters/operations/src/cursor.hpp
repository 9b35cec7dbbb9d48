#pragma once

#include <asyncjobs/store/operator_store.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// @{
/// Where a listing continues: opaque, and confers nothing.
std::string make_cursor(const SearchPosition& position);
std::string make_cursor(const TallyKey& key);
/// @}

/// @{
/// The reverse; empty for any other text.
std::optional<SearchPosition> parse_position(std::string_view cursor);
std::optional<TallyKey> parse_tally_key(std::string_view cursor);
/// @}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
