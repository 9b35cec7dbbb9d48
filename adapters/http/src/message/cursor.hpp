#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The cursor of the next page, an opaque text for clients.
///
/// It names a position in the list of one owner and filter, and is refused for any other. It grants
/// no access: the list is restricted to the owner with or without it. So the check, which only
/// catches mix-ups, needs no secret.
std::string make_cursor(const JobQuery& query, const JobId& last);

/// Throws Problem (400) if `cursor` was not made for a query like this one.
JobId read_cursor(const JobQuery& query, std::string_view cursor);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
