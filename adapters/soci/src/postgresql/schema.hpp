#pragma once

#include <asyncjobs/soci/migration.hpp>

#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Oldest first. Statements end with `;` at the end of a line.
std::span<const Migration> postgresql_migrations();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
