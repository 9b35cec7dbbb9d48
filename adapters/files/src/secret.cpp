#include <asyncjobs/files/secret.hpp>

#include "file_descriptor.hpp"

#include <asyncjobs/error.hpp>
#include <asyncjobs/files/durable_file.hpp>

#include <fcntl.h>
#include <support/crypto.hpp>
#include <support/encodings.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

constexpr unsigned owner_only = 0600;

Secret read_secret(const std::filesystem::path& file) {
    FileDescriptor descriptor{file, O_RDONLY | O_NOFOLLOW};
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0)
        throw std::system_error{errno, std::generic_category(), file.string()};
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw Error(Errc::invalid_argument,
                    file.string() + ": a secret must be for its owner only (0600)");

    Secret secret;
    const std::string content = descriptor.read_up_to(secret.bytes.size() + 1);
    if (content.size() != secret.bytes.size())
        throw Error(Errc::invalid_argument, file.string() + ": not a secret of " +
                                                std::to_string(secret.bytes.size()) + " bytes");
    std::copy(content.begin(), content.end(), secret.bytes.begin());
    return secret;
}

/// Creates `file` with a complete secret atomically, unless another process was first.
void create_secret(const std::filesystem::path& file) {
    using support::random_bytes;
    const std::filesystem::path draft =
        file.string() + "." + support::to_hex(random_bytes(8)) + ".new";
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
    return support::hmac_sha256(support::bytes_of(secret.bytes), message);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
