#pragma once

#include <asyncjobs/json.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

/// The JSON Schema (2020-12) of what read() takes for a T, asked to treat unknown members likewise.
///
/// No member is required, because a missing one keeps its default, which the schema names where it
/// is a scalar. A struct that holds itself refers to itself, so the schema stands on its own.
template <typename T>
JsonText schema_of(UnknownMembers unknown = UnknownMembers::ignore);

/// The same of what serialize() writes of a T: all members are there but empty optionals.
template <typename T>
JsonText schema_of_serialized();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json

#include <asyncjobs/detail/schema_of.hpp>

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json_schema.ipp>
#endif
