#include "digest.hpp"

#include "file_descriptor.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

void require(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(what);
}

class Sha256 {
public:
    Sha256() {
        require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, failed);
    }

    void add(std::string_view bytes) {
        require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, failed);
    }

    Digest finish() {
        Digest digest{};
        require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1, failed);
        return digest;
    }

private:
    static constexpr const char* failed = "SHA-256 failed";
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free};
};

} // namespace

Digest sha256(std::string_view bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.finish();
}

Digest sha256_of(const std::filesystem::path& file) {
    constexpr std::size_t part = 64 * 1024;
    FileDescriptor descriptor{file, O_RDONLY};
    Sha256 hash;
    for (std::string bytes; !(bytes = descriptor.read_up_to(part)).empty();) hash.add(bytes);
    return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view message) {
    Digest digest{};
    unsigned size = 0;
    const auto* const result = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                    reinterpret_cast<const unsigned char*>(message.data()),
                                    message.size(), digest.data(), &size);
    require(result && size == digest.size(), "HMAC-SHA256 failed");
    return digest;
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4u];
        text += digits[byte & 15u];
    }
    return text;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) ==
                1,
            "the random generator failed");
    return bytes;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
