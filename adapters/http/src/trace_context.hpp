#pragma once

#include <asyncjobs/http/headers.hpp>
#include <asyncjobs/runtime.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::http {

/// Whether `text` is a `traceparent` of W3C Trace Context.
bool is_traceparent(std::string_view text) noexcept;

/// The trace that a request goes on with: its own, or a new one if what it says is none. Empty if
/// it says nothing.
std::optional<std::string> trace_of(const Headers& request, Runtime& runtime);

} // namespace asyncjobs::http
