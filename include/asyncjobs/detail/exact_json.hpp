#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/json_text.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// JSON whose numbers are compared by what is written, and not by what a double holds of it.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The same text for the same number: `1.50`, `15e-1` and `1.5`.
ASYNCJOBS_DECL std::string canonical_number(std::string_view text);

/// The document with each number as the string `#` and canonical_number(), and each string behind
/// an `=`.
ASYNCJOBS_DECL boost::json::value parse_exact(const JsonText& text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/exact_json.ipp>
#endif
