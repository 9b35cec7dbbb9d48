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

/// SHA-256 of a token: all that is kept of it.
using TokenDigest = std::array<unsigned char, 32>;

/// An http::Authenticator by opaque tokens, `Authorization: Bearer TOKEN`.
///
/// Tokens are made by the host, of random bits, 128 at the least: a digest without salt guards
/// nothing that can be guessed. How long a look-up takes does not depend on the token, and grows
/// with the number of tokens; a hundred thousand are too many.
///
/// Thread-safety  Full.
/// Ownership      Copies share their tokens: JobApi has one, the host keeps one to replace() them.
/// Errors         Error (Errc::invalid_argument) that names the entry and the rule: a digest must
///                not occur twice, an owner and a role must have 1-255 bytes of UTF-8 without
///                control characters.
class ASYNCJOBS_AUTH_DECL BearerTokens {
public:
    static constexpr std::size_t max_token_size = 4096; ///< bytes; a longer one is nobody's

    struct Entry {
        TokenDigest digest = {};
        http::Principal principal = {};
    };

    explicit BearerTokens(std::vector<Entry> entries);

    /// Of a file with lines `DIGEST OWNER [ROLE,ROLE...]`: the digest in hexadecimal digits, as
    /// sha256sum prints it. Empty lines and those that begin with `#` don't count. Throws Error
    /// (Errc::invalid_argument) that names the file, the line and the rule.
    static std::vector<Entry> read(const std::filesystem::path& file);

    /// Throws Error (Errc::invalid_argument) for what can't be sent as a bearer token.
    static TokenDigest digest_of(std::string_view token);

    /// From the next request on, these are the tokens.
    void replace(std::vector<Entry> entries);

    std::optional<http::Principal> operator()(const http::Request& request) const;

private:
    struct Tokens;
    std::shared_ptr<Tokens> tokens_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
