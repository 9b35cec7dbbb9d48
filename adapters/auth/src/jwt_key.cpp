#include "jwt_key_impl.hpp"

#include <asyncjobs/error.hpp>

namespace asyncjobs::auth {

JwtKey::JwtKey(Key key) : key_(std::make_shared<const Key>(std::move(key))) {}

JwtKey JwtKey::hs256(std::string secret, std::string kid) {
    if (secret.size() < 32)
        throw Error(Errc::invalid_argument, "the secret of HS256 must have 32 bytes at the least");
    return JwtKey(
        {"HS256", std::move(kid),
         [secret = std::move(secret)](std::string_view message, std::string_view signature) {
             return hs256_verifies(secret, message, signature);
         }});
}

JwtKey JwtKey::rs256(std::string_view pem, std::string kid) {
    return JwtKey(Key::rs256(rsa_from_pem(pem), std::move(kid)));
}

JwtKey JwtKey::es256(std::string_view pem, std::string kid) {
    return JwtKey(Key::es256(p256_from_pem(pem), std::move(kid)));
}

const std::string& JwtKey::kid() const noexcept { return key_->kid; }

std::string_view JwtKey::algorithm() const noexcept { return key_->algorithm; }

bool JwtKey::verifies(std::string_view message, std::string_view signature) const {
    return key_->verifies(message, signature);
}

} // namespace asyncjobs::auth
