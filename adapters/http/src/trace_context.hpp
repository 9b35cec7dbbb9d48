#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/runtime.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The trace that a request goes on with: its own, or a new one if what it says is none. Empty if
/// it says nothing.
std::optional<std::string> trace_of(const Headers& request, Runtime& runtime);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
