#pragma once

#include <asyncjobs/soci/migration.hpp>

#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Every step from nothing to the present schema. A step that was released is never changed.
///
/// Columns are declared TEXT, BIGINT or INTEGER only: SOCI guesses other types wrongly.
std::span<const Migration> sqlite_migrations();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
