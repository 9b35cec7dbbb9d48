#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// JSON whose numbers are compared by their text, not by their value as a double.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Equal text for equal numbers: `1.50`, `15e-1` and `1.5`.
ASYNCJOBS_DECL std::string canonical_number(std::string_view text);

/// The document with each number as the string `#` and canonical_number(), and each string prefixed
/// by `=`.
ASYNCJOBS_DECL boost::json::value parse_exact(const JsonText& text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/exact_json.ipp>
#endif
