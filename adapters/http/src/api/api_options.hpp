#pragma once

#include <asyncjobs/http/job_api.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The options unchanged. Throws Error (Errc::invalid_argument) that names the option, its value
/// and the rule that it breaks.
ApiOptions checked(ApiOptions options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
