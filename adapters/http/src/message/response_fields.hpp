#pragma once

#include <asyncjobs/http/message.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Sets the fields of every response and those that depend on the body's length, and drops bodies
/// that HTTP forbids.
Response completed(Response response, std::string_view method);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
