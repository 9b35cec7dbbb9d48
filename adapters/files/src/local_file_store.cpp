#include <asyncjobs/files/local_file_store.hpp>

#include "file_descriptor.hpp"
#include "file_key.hpp"
#include "link_signer.hpp"
#include "now.hpp"
#include "on_disk.hpp"
#include "scratch_file.hpp"

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/files/durable_file.hpp>
#include <asyncjobs/json.hpp>

#include <fcntl.h>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

BOOST_DESCRIBE_STRUCT(FileInfo, (), (content_type, download_name))

namespace {

constexpr std::size_t longest_info = 4096;

/// Unlike std::filesystem::copy_file(), reports a full disk.
void copy_bytes(const std::filesystem::path& from, const std::filesystem::path& to) {
    constexpr std::size_t part = 256 * 1024;
    FileDescriptor in(from, O_RDONLY), out(to, O_WRONLY | O_CREAT | O_EXCL);
    for (std::string bytes; !(bytes = in.read_up_to(part)).empty();) out.write_all(bytes);
    out.close();
}

bool is_plain_file(const std::filesystem::path& path) {
    std::error_code missing;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(path, missing));
}

std::optional<std::uint64_t> size_of(const std::filesystem::path& path) {
    std::error_code missing;
    if (!is_plain_file(path)) return std::nullopt;
    const auto size = std::filesystem::file_size(path, missing);
    return missing ? std::nullopt : std::optional<std::uint64_t>(size);
}

/// Empty if the file does not exist, or is removed concurrently.
std::optional<std::string> content_of(const std::filesystem::path& path, std::size_t most) {
    if (!is_plain_file(path)) return std::nullopt;
    try {
        return FileDescriptor(path, O_RDONLY | O_NOFOLLOW).read_up_to(most);
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::no_such_file_or_directory) return std::nullopt;
        throw;
    }
}

/// The result does not begin with a dot: such names are not files of keys.
std::string name_of(const std::string& key) {
    auto name = percent_encoded(key);
    if (name.front() == '.') name.replace(0, 1, "%2E");
    return name;
}

} // namespace

LocalFileStore::LocalFileStore(LocalFileStoreOptions options) : options_(std::move(options)) {
    using namespace std::chrono_literals;
    if (options_.directory.empty()) detail::refuse("directory", "", "must not be empty");
    detail::check_range("stale_after", options_.stale_after, Duration{1min},
                        Duration{std::chrono::days{30}});
    const LinkSigner checked(options_.secrets);
    on_disk([&] { create_private_directory(options_.directory); });
    sweep();
}

void LocalFileStore::upload(const std::string& key, const std::filesystem::path& file,
                            const FileInfo& info) {
    check_key(key);
    validate(info);
    on_disk([&] {
        const ScratchFile data(options_.directory), about(options_.directory);
        copy_bytes(file, data.path());
        write_file(about.path(), json::serialize(info).text());
        // The file comes last: every file has an info.
        publish_file(about.path(), info_path(key));
        publish_file(data.path(), data_path(key));
    });
}

std::string LocalFileStore::url(const std::string& key, Timestamp until) const {
    check_key(key);
    const auto expires_at = std::chrono::floor<std::chrono::seconds>(until);
    return fmt::format("{}{}?{}", options_.base_url, link_segment(key),
                       LinkSigner(options_.secrets).query(key, expires_at));
}

std::optional<std::uint64_t> LocalFileStore::size(const std::string& key) const {
    check_key(key);
    return size_of(data_path(key));
}

void LocalFileStore::remove(const std::string& key) {
    check_key(key);
    on_disk([&] {
        std::filesystem::remove(data_path(key));
        std::filesystem::remove(info_path(key));
        sync_directory(options_.directory);
    });
}

LinkedFile LocalFileStore::open(std::string_view segment, std::string_view expires,
                                std::string_view signature) const {
    using Outcome = LinkedFile::Outcome;
    const auto read = key_of_segment(segment);
    if (!read || !is_key(*read)) return {.outcome = Outcome::forged};
    const auto& key = *read;
    const auto check =
        LinkSigner(options_.secrets).check(key, expires, signature, now(options_.now));
    if (check == LinkCheck::forged) return {.outcome = Outcome::forged};
    if (check == LinkCheck::expired) return {.outcome = Outcome::expired};
    const auto size = size_of(data_path(key));
    if (!size) return {.outcome = Outcome::gone};
    const auto info = on_disk([&] { return content_of(info_path(key), longest_info); });
    if (!info) return {.outcome = Outcome::gone};
    return {.outcome = Outcome::found,
            .path = data_path(key),
            .size_bytes = *size,
            .info = json::parse<FileInfo>(JsonText::parse(*info))};
}

void LocalFileStore::sweep() {
    on_disk([&] { ScratchFile::sweep(options_.directory, options_.stale_after); });
}

std::filesystem::path LocalFileStore::data_path(const std::string& key) const {
    return options_.directory / name_of(key);
}

std::filesystem::path LocalFileStore::info_path(const std::string& key) const {
    return options_.directory / (".info-" + name_of(key));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
