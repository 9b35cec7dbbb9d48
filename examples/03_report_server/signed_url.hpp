#pragma once

#include "secret.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace report_server {

enum class SignatureCheck { valid, tampered, expired };

/// A parameter of a query, percent-decoded.
using QueryParameter = std::pair<std::string, std::string>;

/// Signs download links, so that whoever holds one may read that file, for its owner and for a
/// while, without logging in.
///
/// Thread-safety: immutable; may be used from many threads at once.
/// Errors: `std::runtime_error` when the cryptographic library fails.
class UrlSigner {
public:
    explicit UrlSigner(Secret secret) : secret_{secret} {}

    /// `path` with the query `?expires=UNIX_SECONDS&owner=...&signature=HEX` appended, for GET and
    /// HEAD. Throws `std::invalid_argument` for a path that doesn't begin with a slash or holds
    /// `?`, `#`, blanks, or control characters.
    std::string sign(std::string_view path, std::string_view owner,
                     std::chrono::sys_seconds expires_at) const;

    /// Judges a request for a signed link; `path` as it stands in the request, not decoded.
    /// A parameter that is missing, doubled, or not the signer's makes the link `tampered`, and so
    /// does a method other than GET and HEAD. A link is valid until just before it expires.
    SignatureCheck verify(std::string_view method, std::string_view path,
                          std::span<const QueryParameter> parameters,
                          std::chrono::sys_seconds now) const;

private:
    std::string signature(std::string_view method, std::string_view path, std::string_view owner,
                          std::string_view expires) const;

    Secret secret_;
};

} // namespace report_server
