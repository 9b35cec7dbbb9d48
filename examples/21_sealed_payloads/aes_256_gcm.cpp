#include "aes_256_gcm.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace {

constexpr std::size_t nonce_size = 12, tag_size = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context make_context() {
    Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    if (!context) throw std::bad_alloc();
    return context;
}

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text, std::size_t from) {
    return reinterpret_cast<unsigned char*>(text.data() + from);
}
int size(std::string_view text) { return static_cast<int>(text.size()); } // payloads have a limit

} // namespace

std::string Aes256Gcm::seal(std::string_view text, std::string_view purpose) const {
    std::string sealed(nonce_size + text.size() + tag_size, '\0');
    const auto context = make_context();
    int written = 0;
    const bool is_sealed =
        RAND_bytes(bytes(sealed, 0), nonce_size) == 1 &&
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                           bytes(sealed, 0)) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(purpose), size(purpose)) == 1 &&
        EVP_EncryptUpdate(context.get(), bytes(sealed, nonce_size), &written, bytes(text),
                          size(text)) == 1 &&
        EVP_EncryptFinal_ex(context.get(), bytes(sealed, nonce_size + text.size()), &written) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                            bytes(sealed, nonce_size + text.size())) == 1;
    if (!is_sealed) throw std::runtime_error("OpenSSL could not seal a payload");
    return sealed;
}

std::optional<std::string> Aes256Gcm::open(std::string_view sealed,
                                           std::string_view purpose) const {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    const auto nonce = sealed.substr(0, nonce_size);
    std::string tag(sealed.substr(sealed.size() - tag_size));
    sealed = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
    std::string text(sealed.size(), '\0');
    const auto context = make_context();
    int written = 0;
    const bool is_opened =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes(nonce)) ==
            1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &written, bytes(purpose), size(purpose)) == 1 &&
        EVP_DecryptUpdate(context.get(), bytes(text, 0), &written, bytes(sealed), size(sealed)) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, bytes(tag, 0)) == 1 &&
        EVP_DecryptFinal_ex(context.get(), bytes(text, text.size()), &written) == 1;
    return is_opened ? std::optional(std::move(text)) : std::nullopt;
}
