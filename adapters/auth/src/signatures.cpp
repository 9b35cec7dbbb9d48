#include "signatures.hpp"

#include "openssl_errors.hpp"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>
#include <support/openssl_handle.hpp>

#include <new>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {
namespace {

using support::octets;
using support::OpensslHandle;

/// Converts an ECDSA signature of two numbers of 32 bytes to OpenSSL's format; empty if malformed.
std::string der_of(std::string_view raw) {
    constexpr std::size_t half = 32;
    if (raw.size() != 2 * half) return {};
    const OpensslHandle<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(octets(raw), half, nullptr);
    BIGNUM* const s = BN_bin2bn(octets(raw.substr(half)), half, nullptr);
    if (!signature || ECDSA_SIG_set0(signature.get(), r, s) != 1) { // takes both, or none
        BN_free(r);
        BN_free(s);
        throw std::bad_alloc();
    }
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) throw std::bad_alloc();
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

/// Verifies by the algorithm of the key's type.
bool verifies(EVP_PKEY& key, std::string_view message, std::string_view signature) {
    const ErrorsDropped dropped;
    const OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, &key) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message),
                            message.size()) == 1;
}

} // namespace

bool hs256_verifies(std::string_view secret, std::string_view message, std::string_view signature) {
    const auto mac = support::hmac_sha256(secret, message);
    return support::equal_in_constant_time(signature, support::bytes_of(mac));
}

bool rs256_verifies(EVP_PKEY& key, std::string_view message, std::string_view signature) {
    return verifies(key, message, signature);
}

bool es256_verifies(EVP_PKEY& key, std::string_view message, std::string_view signature) {
    return verifies(key, message, der_of(signature));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
