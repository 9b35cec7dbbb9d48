#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// What a signed JWT consists of; its claims are worth nothing until the signature is verified.
/// Views the token.
struct Jwt {
    std::string algorithm;
    std::string kid; ///< empty: none
    std::string_view signed_text;
    std::string_view claims; ///< as base64url
    std::string signature;
};

/// Empty for what is no signed JWT, is of another `typ` than an access token may have, or has a
/// header that says `crit`.
std::optional<Jwt> split_jwt(std::string_view token);

/// The object that a part of a token spells; empty if it is none, or has a member twice.
std::optional<boost::json::object> read_object(std::string_view base64url);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
