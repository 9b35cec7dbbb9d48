#pragma once

#include "store/dialect.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Classifies an error number of the client library or the server.
///
/// `text` is inspected but not passed on, as the server's messages quote values. If the connection
/// was lost while committing, the outcome is unknown; before that nothing happened, as a server
/// rolls back what was not committed.
Fault mysql_fault(unsigned error, Stage stage, std::string_view text);

/// A value of the primary key, or of a unique one, is taken.
constexpr bool is_duplicate(unsigned error) noexcept { return error == 1062; }

/// A column to be added exists, or one to be renamed does not.
constexpr bool is_other_column(unsigned error) noexcept { return error == 1060 || error == 1054; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
