#pragma once

#include "mysql_options.hpp"
#include "mysql_session.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Sets all that the statements rely on, whatever the server's defaults are, and reads what has to
/// be known of the session.
void set_up(MysqlSession& session, const MysqlOptions& options);

/// Ends statements of any kind after `longest`, or none if that is zero, on MariaDB; MySQL can only
/// do so with those that read.
void limit_time(Session& session, Duration longest);

/// Throws Error (Errc::store_failure), with the reason, if a text might not come back as it was:
/// by way of this session, or from the tables that are there.
void check_text(Session& session);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
