#pragma once

#include "mysql/options.hpp"
#include "mysql/session.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Sets everything that the statements rely on, whatever the server's defaults, and reads the
/// session's properties.
void set_up(MysqlSession& session, const MysqlOptions& options);

/// Makes MariaDB abort statements of any kind after `longest`, or none if that is zero. Has no
/// effect on MySQL, which can only limit statements that read.
void limit_time(Session& session, Duration longest);

/// Throws Error (Errc::store_failure), with the reason, if this session or the existing tables
/// might change a text.
void check_text(Session& session);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
