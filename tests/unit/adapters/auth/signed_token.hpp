#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string>
#include <string_view>

inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

inline std::string base64url(std::string_view text) {
    std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text),
                                     static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    while (out.ends_with('=')) out.pop_back();
    for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

inline const std::string token_secret = "a secret of the tests: 32 bytes!";

/// A token signed by HS256 with `secret`, whatever its header and claims.
inline std::string signed_token(std::string_view header, std::string_view claims,
                                const std::string& secret = token_secret) {
    const std::string text = base64url(header) + '.' + base64url(claims);
    std::array<unsigned char, 32> mac{};
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(),
         mac.data(), nullptr);
    return text + '.' + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}
