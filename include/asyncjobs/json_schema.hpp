#pragma once

#include <asyncjobs/json.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::json {

/// The JSON Schema (2020-12) of documents that read() accepts for a T, with unknown members treated
/// likewise.
///
/// No member is required, because a missing one keeps its default, which the schema states for
/// scalars. A recursive struct refers to itself, so the schema is self-contained.
/// is a scalar. A struct that holds itself refers to itself, so the schema stands on its own.
template <typename T>
JsonText schema_of(UnknownMembers unknown = UnknownMembers::ignore);

/// The JSON Schema of what serialize() writes for a T: all members are present but empty optionals.
template <typename T>
JsonText schema_of_serialized();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::json

#include <asyncjobs/detail/schema_of.hpp>

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/json_schema.ipp>
#endif
