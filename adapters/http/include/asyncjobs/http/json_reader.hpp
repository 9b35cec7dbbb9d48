#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace asyncjobs::http {

/// Parses a request's document. Throws Problem (400) if it is malformed, has a key twice in one
/// object, is no UTF-8, holds U+0000, or is nested deeper than `depth_limit`.
boost::json::value read_json(std::string_view text, std::size_t depth_limit);

/// The text of a member of the object that `document` is known to be; empty if there is none of
/// that name, or its name is spelled with escapes.
std::string_view member_text(std::string_view document, std::string_view name) noexcept;

} // namespace asyncjobs::http
