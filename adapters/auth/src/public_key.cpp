#include "public_key.hpp"

#include "openssl_errors.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <support/encodings.hpp>
#include <support/openssl_handle.hpp>

#include <array>
#include <new>
#include <stdexcept>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

using support::octets;
using support::OpensslHandle;
using Context = OpensslHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Number = OpensslHandle<BIGNUM, BN_free>;

constexpr const char* p256 = "prime256v1";
constexpr int least_rsa_bits = 2048;
constexpr const char* rsa_rule = "the key must be an RSA key of at least 2048 bits";
constexpr const char* p256_rule = "the key must be a point of the curve P-256";

[[noreturn]] void refuse(const char* rule) { throw std::invalid_argument(rule); }

template <typename T>
T made(T object) {
    return object ? std::move(object) : throw std::bad_alloc();
}

PublicKey from_pem(std::string_view pem) {
    const OpensslHandle<BIO, BIO_free_all> text(
        made(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
    // Otherwise OpenSSL prompts for a password at the terminal.
    const auto no_password = [](char*, int, int, void*) { return -1; };
    PublicKey key(PEM_read_bio_PUBKEY(text.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
    if (!key) refuse("the key must be a public key in PEM, BEGIN PUBLIC KEY");
    return key;
}

PublicKey from_parameters(const char* type, OSSL_PARAM* parameters, const char* rule) {
    const Context context(made(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        refuse(rule);
    return {key, EVP_PKEY_free};
}

bool is_sound(EVP_PKEY* key) {
    const Context context(made(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)));
    return EVP_PKEY_public_check(context.get()) == 1;
}

PublicKey checked_rsa(PublicKey key) {
    if (EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) < least_rsa_bits ||
        !is_sound(key.get()))
        refuse(rsa_rule);
    return key;
}

PublicKey checked_p256(PublicKey key) {
    std::array<char, 32> group{};
    if (EVP_PKEY_is_a(key.get(), "EC") != 1 ||
        EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) != 1 ||
        std::string_view(group.data()) != p256 || !is_sound(key.get()))
        refuse(p256_rule);
    return key;
}

} // namespace

PublicKey rsa_from_pem(std::string_view pem) {
    const ErrorsDropped dropped;
    return checked_rsa(from_pem(pem));
}

PublicKey p256_from_pem(std::string_view pem) {
    const ErrorsDropped dropped;
    return checked_p256(from_pem(pem));
}

PublicKey rsa_from_numbers(std::string_view modulus, std::string_view exponent) {
    const ErrorsDropped dropped;
    const auto number = [](std::string_view bytes) {
        return Number(made(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr)));
    };
    const auto n = number(modulus), e = number(exponent);
    const OpensslHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(made(OSSL_PARAM_BLD_new()));
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    const OpensslHandle<OSSL_PARAM, OSSL_PARAM_free> parameters(
        made(OSSL_PARAM_BLD_to_param(builder.get())));
    return checked_rsa(from_parameters("RSA", parameters.get(), rsa_rule));
}

PublicKey p256_from_point(std::string_view x, std::string_view y) {
    const ErrorsDropped dropped;
    if (x.size() != 32 || y.size() != 32) refuse(p256_rule);
    std::string point = '\x04' + std::string(x) + std::string(y);
    std::string group = p256;
    std::array parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    return checked_p256(from_parameters("EC", parameters.data(), p256_rule));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
