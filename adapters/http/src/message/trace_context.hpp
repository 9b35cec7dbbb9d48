#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/runtime.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The request's trace: its `traceparent`, a new one if that is invalid, empty if absent.
std::optional<std::string> trace_of(const Headers& request, Runtime& runtime);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
