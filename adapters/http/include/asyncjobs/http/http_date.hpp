#pragma once

#include <asyncjobs/time.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The date format of HTTP headers, `Wed, 08 Jan 2025 12:00:00 GMT`. Truncates to whole seconds.
ASYNCJOBS_HTTP_DECL std::string to_http_date(Timestamp time);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
