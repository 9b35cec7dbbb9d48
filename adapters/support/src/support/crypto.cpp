#include "crypto.hpp"

#include "encodings.hpp"
#include "openssl_handle.hpp"

#include <asyncjobs/error.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {
namespace {

void require(bool ok, const char* what) {
    if (!ok) throw Error(Errc::overloaded, what);
}

constexpr const char* sha256_failed = "SHA-256 failed";

} // namespace

struct Sha256::Context {
    OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free> handle{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    auto* const context = context_->handle.get();
    require(context && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1, sha256_failed);
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
    require(EVP_DigestUpdate(context_->handle.get(), bytes.data(), bytes.size()) == 1,
            sha256_failed);
}

Digest Sha256::finish() {
    Digest digest{};
    require(EVP_DigestFinal_ex(context_->handle.get(), digest.data(), nullptr) == 1, sha256_failed);
    return digest;
}

Digest sha256(std::string_view bytes) {
    Digest digest{};
    require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) ==
                1,
            sha256_failed);
    return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view message) {
    Digest digest{};
    require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(message),
                 message.size(), digest.data(), nullptr) != nullptr,
            "HMAC-SHA256 failed");
    return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) ==
                1,
            "the random generator failed");
    return bytes;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
