#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/problem.hpp>

#include <cstddef>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A 400 for a parameter of a target. `rule` follows its name: `must be true or false`.
ASYNCJOBS_HTTP_DECL Problem invalid_parameter(std::string_view name, std::string_view rule);

/// Reads the parameter `limit`, a whole number from 1: `usual` if it is absent, at most `most`.
/// Throws invalid_parameter().
ASYNCJOBS_HTTP_DECL std::size_t read_limit(const Parameters& query, std::size_t usual,
                                           std::size_t most);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
