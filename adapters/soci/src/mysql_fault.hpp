#pragma once

#include "dialect.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What an error number of the client library or the server means to a caller.
///
/// `text` is looked at, never passed on: the server's messages quote values. A connection that was
/// lost while committing leaves it open whether the commit happened; before that nothing did, as a
/// server rolls back what was not committed.
Fault mysql_fault(unsigned error, Stage stage, std::string_view text);

/// A value of the primary key, or of a unique one, is taken.
constexpr bool is_duplicate(unsigned error) noexcept { return error == 1062; }

/// A column that is to be added is there.
constexpr bool is_duplicate_column(unsigned error) noexcept { return error == 1060; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
