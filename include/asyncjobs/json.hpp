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

/// A mismatch between a JSON document and a type, and the rule that it breaks.
struct Mismatch {
    std::string pointer; ///< RFC 6901: `/lines/3/quantity`; empty: the whole document
    std::string detail;  ///< `expected a number`
};

/// Mismatches, in the order in which they were found.
using Mismatches = std::vector<Mismatch>;

/// At most this many are named; one more means that there are others.
constexpr std::size_t most_mismatches = 100;

/// A struct whose public members are described by BOOST_DESCRIBE_STRUCT.
template <typename T>
concept Described = boost::describe::has_describe_members<T>::value;

/// What reading does with a member that the struct does not have.
enum class UnknownMembers { ignore, refuse };

/// Reads `value` into `out` and returns every mismatch, up to most_mismatches and one more; empty
/// if `value` fits.
///
/// A missing member keeps its default and an unknown one is ignored unless requested otherwise, so
/// that two versions of a struct are compatible. Supports bool, numbers (range-checked),
/// std::string, described enums (by name), described structs, std::optional (null or missing:
/// empty), std::array (of exactly its size), std::vector, std::set and other containers that grow
/// by insertion, std::map and std::unordered_map with string keys, std::variant (the first
/// alternative that fits; std::monostate: null), std::filesystem::path (a string in UTF-8),
/// std::chrono::duration (a number of seconds), Timestamp (RFC 3339), JsonText and
/// boost::json::value (anything), and types for which the host has written Boost.JSON's own
/// tag_invoke, which takes precedence over a description. Read untrusted input into std::map and
/// std::set: its author can choose keys that collide in an unordered container.
template <typename T>
Mismatches read(const boost::json::value& value, T& out,
                UnknownMembers unknown = UnknownMembers::ignore);

/// Throws Error (Errc::invalid_payload) that names every mismatch with its pointer.
template <typename T>
T parse(const JsonText& text, UnknownMembers unknown = UnknownMembers::ignore);

/// The inverse of read(). Empty optionals are omitted. Throws Error (Errc::invalid_payload) for
/// values that JSON or a store can't hold: NaN, infinity, invalid UTF-8, U+0000.
template <typename T>
JsonText serialize(const T& value);

/// The text as a document tree.
ASYNCJOBS_DECL boost::json::value to_value(const JsonText& text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json

#include <asyncjobs/detail/json_conversion.hpp>

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json.ipp>
#endif
