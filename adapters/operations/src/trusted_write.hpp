#pragma once

#include <asyncjobs/http/message.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// Whether a request that changes something comes from where it seems to come from, and not from
/// another site's page that uses the operator's browser. `origin` is Options::origin.
bool is_trusted_write(const http::Request& request, std::string_view origin) noexcept;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
