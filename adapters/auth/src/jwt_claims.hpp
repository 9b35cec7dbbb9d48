#pragma once

#include <asyncjobs/auth/jwt_authenticator.hpp>

#include <boost/json/object.hpp>

#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// The principal that the claims of a verified token name at `now`; empty if the options do not
/// accept them.
std::optional<http::Principal> principal_of(const boost::json::object& claims,
                                            const JwtOptions& options, Timestamp now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
