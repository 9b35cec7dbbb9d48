#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/json_text.hpp>
#include <asyncjobs/time.hpp>

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

/// A place in a JSON document that does not fit, and the rule that it breaks.
struct Mismatch {
    std::string pointer; ///< RFC 6901: `/lines/3/quantity`; empty: the document itself
    std::string detail;  ///< `expected a number`
};
using Mismatches = std::vector<Mismatch>;

/// So many are named. What looks for them stops at one more, which says that there are more.
constexpr std::size_t most_mismatches = 100;

/// A struct whose public members are described by BOOST_DESCRIBE_STRUCT.
template <typename T>
concept Described = boost::describe::has_describe_members<T>::value;

enum class UnknownMembers { ignore, refuse };

/// Reads `value` into `out` and answers everything that does not fit, up to most_mismatches and one
/// more; empty if all does.
///
/// A missing member keeps its default and an unknown one is ignored unless asked otherwise, so that
/// two versions of a struct can talk to each other. Understands bool, numbers (range-checked),
/// std::string, described enums (by name), described structs, std::optional (null or missing:
/// empty), std::array (of exactly that many), std::vector, std::set and other containers that grow
/// by insertion, std::map and std::unordered_map with string keys, std::variant (the first
/// alternative that fits; std::monostate: null), std::filesystem::path (a string in UTF-8),
/// std::chrono::duration (a number of seconds), Timestamp (RFC 3339), JsonText and
/// boost::json::value (anything), and types for which the host has written Boost.JSON's own
/// tag_invoke, which goes before a description. What strangers write is best read into std::map and
/// std::set: they can choose keys that an unordered container has all in one place.
template <typename T>
Mismatches read(const boost::json::value& value, T& out,
                UnknownMembers unknown = UnknownMembers::ignore);

/// Throws Error (Errc::invalid_payload) that names every mismatch with its pointer.
template <typename T>
T parse(const JsonText& text, UnknownMembers unknown = UnknownMembers::ignore);

/// The inverse of read(). Empty optionals are left out. Throws Error (Errc::invalid_payload) for
/// what JSON or a store can't hold: NaN, infinity, invalid UTF-8, U+0000.
template <typename T>
JsonText serialize(const T& value);

/// The text as a document tree.
ASYNCJOBS_DECL boost::json::value to_value(const JsonText& text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json

#include <asyncjobs/detail/json_conversion.hpp>

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json.ipp>
#endif
