#pragma once

#include "signatures.hpp"

#include <asyncjobs/auth/jwt_key.hpp>

#include <asyncjobs/error.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Returns the result of `make`; its std::invalid_argument becomes an Error.
template <typename Make>
auto made_or_error(Make make) {
    try {
        return make();
    } catch (const std::invalid_argument& fault) {
        throw Error(Errc::invalid_argument, fault.what());
    }
}

struct JwtKey::Key {
    std::string_view algorithm;
    std::string kid;
    std::function<bool(std::string_view message, std::string_view signature)> verifies;

    static Key hs256(std::string secret, std::string kid) {
        if (secret.size() < 32)
            throw std::invalid_argument("the secret of HS256 must have at least 32 bytes");
        return {"HS256", std::move(kid),
                [secret = std::move(secret)](std::string_view message, std::string_view signature) {
                    return hs256_verifies(secret, message, signature);
                }};
    }
    static Key rs256(PublicKey key, std::string kid) {
        return {"RS256", std::move(kid),
                [key = std::move(key)](std::string_view message, std::string_view signature) {
                    return rs256_verifies(*key, message, signature);
                }};
    }
    static Key es256(PublicKey key, std::string kid) {
        return {"ES256", std::move(kid),
                [key = std::move(key)](std::string_view message, std::string_view signature) {
                    return es256_verifies(*key, message, signature);
                }};
    }
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
