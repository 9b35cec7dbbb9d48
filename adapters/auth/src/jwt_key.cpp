#include "jwt_key_impl.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

JwtKey::JwtKey(Key key) : key_(std::make_shared<const Key>(std::move(key))) {}

JwtKey JwtKey::hs256(std::string secret, std::string kid) {
    return made_or_error([&] { return JwtKey(Key::hs256(std::move(secret), std::move(kid))); });
}

JwtKey JwtKey::rs256(std::string_view pem, std::string kid) {
    return made_or_error([&] { return JwtKey(Key::rs256(rsa_from_pem(pem), std::move(kid))); });
}

JwtKey JwtKey::es256(std::string_view pem, std::string kid) {
    return made_or_error([&] { return JwtKey(Key::es256(p256_from_pem(pem), std::move(kid))); });
}

const std::string& JwtKey::kid() const noexcept { return key_->kid; }

std::string_view JwtKey::algorithm() const noexcept { return key_->algorithm; }

bool JwtKey::verifies(std::string_view message, std::string_view signature) const {
    return key_->verifies(message, signature);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
