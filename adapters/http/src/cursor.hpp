#pragma once

#include <asyncjobs/job_store.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Where a listing goes on, as a text that clients hand back as they got it.
///
/// It names a place in one owner's listing under one filter, and is refused for any other. It holds
/// no right: the listing is restricted to the owner with or without it, so a forged one shows what
/// its forger may see anyway, and the check against mix-ups needs no secret.
std::string make_cursor(const JobQuery& query, const JobId& last);

/// Throws Problem (400) if `cursor` was not made for a query like this one.
JobId read_cursor(const JobQuery& query, std::string_view cursor);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
