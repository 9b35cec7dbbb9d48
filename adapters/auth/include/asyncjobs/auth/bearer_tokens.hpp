#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// SHA-256 of a token, which is stored instead of it.
using TokenDigest = std::array<unsigned char, 32>;

/// An http::Authenticator by opaque tokens, `Authorization: Bearer TOKEN`.
///
/// The host makes tokens of at least 128 random bits: an unsalted digest does not protect what can
/// be guessed. The time of a lookup does not depend on the token, and grows with the number of
/// tokens; a hundred thousand are too many.
///
/// Thread-safety  Full.
/// Ownership      Copies share their tokens: JobApi has one, the host keeps one to replace() them.
/// Errors         Error (Errc::invalid_argument) that names the entry and the rule: a digest must
///                not occur twice, an owner and a role must have 1-255 bytes of UTF-8 without
///                control characters.
class ASYNCJOBS_AUTH_DECL BearerTokens {
public:
    static constexpr std::size_t max_token_size = 4096; ///< bytes; a longer one is invalid

    /// A token, by its digest, and the caller that it names.
    struct Entry {
        TokenDigest digest = {};
        http::Principal principal = {};
    };

    explicit BearerTokens(std::vector<Entry> entries);

    /// Reads a file with lines `DIGEST OWNER [ROLE,ROLE...]`: the digest in hexadecimal digits, as
    /// sha256sum prints it. Ignores empty lines and those that begin with `#`. Throws Error
    /// (Errc::invalid_argument) that names the file, the line and the rule.
    static std::vector<Entry> read(const std::filesystem::path& file);

    /// Throws Error (Errc::invalid_argument) for what can't be sent as a bearer token.
    static TokenDigest digest_of(std::string_view token);

    /// Replaces the tokens, from the next request on.
    void replace(std::vector<Entry> entries);

    /// Returns the caller that the request's token names; empty if the token is missing or invalid.
    std::optional<http::Principal> operator()(const http::Request& request) const;

private:
    struct Tokens;
    std::shared_ptr<Tokens> tokens_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
