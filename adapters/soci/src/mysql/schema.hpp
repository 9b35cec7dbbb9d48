#pragma once

#include <asyncjobs/soci/migration.hpp>

#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Every step from nothing to the present schema. A step that was released is never changed.
///
/// MySQL commits at each of these statements, so a step that broke off half-way is run again: every
/// statement of it must bear that.
std::span<const Migration> mysql_migrations();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
