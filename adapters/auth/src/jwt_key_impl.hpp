#pragma once

#include "signatures.hpp"

#include <asyncjobs/auth/jwt_key.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::auth {

struct JwtKey::Key {
    std::string_view algorithm;
    std::string kid;
    std::function<bool(std::string_view message, std::string_view signature)> verifies;

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

} // namespace asyncjobs::auth
