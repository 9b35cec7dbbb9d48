#include "secret.hpp"

#include "durable_file.hpp"
#include "file_descriptor.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

namespace report_server {
namespace {

constexpr unsigned owner_only = 0600;

Secret read_secret(const std::filesystem::path& file) {
    FileDescriptor descriptor{file, O_RDONLY | O_NOFOLLOW};
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), file.string()};
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw std::runtime_error{file.string() + ": a secret must be for its owner only (0600)"};

    Secret secret;
    const std::string content = descriptor.read_up_to(secret.bytes.size() + 1);
    if (content.size() != secret.bytes.size())
        throw std::runtime_error{file.string() + ": not a secret of " +
                                 std::to_string(secret.bytes.size()) + " bytes"};
    std::copy(content.begin(), content.end(), secret.bytes.begin());
    return secret;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error{"no randomness for a secret"};
    return bytes;
}

/// Gives `file` a complete secret in one step, unless another process was first.
void create_secret(const std::filesystem::path& file) {
    const std::filesystem::path draft =
        file.string() + "." + std::to_string(std::random_device{}()) + ".new";
    FileDescriptor descriptor{draft, O_WRONLY | O_CREAT | O_EXCL, owner_only};
    std::error_code failure;
    try {
        descriptor.write_all(random_bytes(Secret{}.bytes.size()));
        descriptor.sync();
        std::filesystem::create_hard_link(draft, file, failure);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(draft, ignored);
        throw;
    }
    std::filesystem::remove(draft);
    if (failure && failure != std::errc::file_exists)
        throw std::system_error{failure, "cannot create " + file.string()};
    sync_directory(file.has_parent_path() ? file.parent_path() : ".");
}

} // namespace

Secret load_or_create_secret(const std::filesystem::path& file) {
    if (!std::filesystem::exists(std::filesystem::symlink_status(file))) create_secret(file);
    return read_secret(file);
}

Digest hmac_sha256(const Secret& secret, std::string_view message) {
    Digest digest{};
    unsigned size = 0;
    const auto* const result =
        HMAC(EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
             &size);
    if (!result || size != digest.size()) throw std::runtime_error{"HMAC-SHA256 failed"};
    return digest;
}

} // namespace report_server
