#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The operators' routes, which have no prefix.
inline constexpr std::string_view health_path = "/healthz";
inline constexpr std::string_view ready_path = "/readyz";
inline constexpr std::string_view metrics_path = "/metrics";
inline constexpr std::string_view description_path = "/openapi.json";

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
