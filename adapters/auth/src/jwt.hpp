#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// The parts of a signed JWT; its claims must not be trusted before the signature is verified.
/// Views the token.
struct Jwt {
    std::string algorithm;
    std::string kid; ///< empty: none
    std::string_view signed_text;
    std::string_view claims; ///< as base64url
    std::string signature;
};

/// Empty for a text that is not a signed JWT, has a `typ` that access tokens may not have, or has
/// `crit` in its header.
std::optional<Jwt> split_jwt(std::string_view token);

/// The object that a part of a token encodes; empty if malformed or with a duplicate member.
std::optional<boost::json::object> read_object(std::string_view base64url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
