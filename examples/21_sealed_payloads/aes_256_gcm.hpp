#pragma once

#include <asyncjobs/sealing_job_store.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

/// AES-256-GCM of OpenSSL: a random nonce, the encrypted text, and the tag that authenticates both
/// and the purpose. One key may seal 2^32 texts (NIST SP 800-38D, 8.3); rotate it earlier.
class Aes256Gcm final : public asyncjobs::Cipher {
public:
    using Key = std::array<unsigned char, 32>;

    explicit Aes256Gcm(const Key& key) : key_(key) {}

    std::string seal(std::string_view text, std::string_view purpose) const override;
    std::optional<std::string> open(std::string_view sealed,
                                    std::string_view purpose) const override;

private:
    Key key_;
};
