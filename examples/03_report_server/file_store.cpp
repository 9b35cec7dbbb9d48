#include "file_store.hpp"

#include "durable_file.hpp"
#include "file_key.hpp"

#include <stdexcept>
#include <system_error>
#include <utility>

namespace report_server {
namespace {

constexpr std::string_view temporary_prefix = ".partial-";

bool is_temporary(std::string_view name) {
    return name.starts_with(temporary_prefix) && is_file_key(name.substr(temporary_prefix.size()));
}

/// A file that vanishes with its guard unless it was published.
class TemporaryFile {
public:
    explicit TemporaryFile(std::filesystem::path path) : path_{std::move(path)} {}
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

bool is_plain_file(const std::filesystem::path& path) {
    std::error_code missing;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(path, missing));
}

/// Another process may remove a file first: that is no error.
bool is_older(const std::filesystem::path& path, std::chrono::seconds age) {
    std::error_code missing;
    const auto written = std::filesystem::last_write_time(path, missing);
    return !missing && std::filesystem::file_time_type::clock::now() - written > age;
}

template <typename Wanted>
std::size_t remove_old_files(const std::filesystem::path& directory, std::chrono::seconds age,
                             Wanted wanted) {
    std::size_t removed = 0;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        const auto& path = entry.path();
        if (wanted(path.filename().string()) && is_plain_file(path) && is_older(path, age) &&
            std::filesystem::remove(path))
            ++removed;
    }
    return removed;
}

std::string_view extension_of(std::string_view key) { return key.substr(key.find('.') + 1); }

} // namespace

FileStore::FileStore(std::filesystem::path directory, FileStoreOptions options)
    : directory_{std::move(directory)}, options_{options} {
    if (std::filesystem::create_directories(directory_))
        std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    sweep();
}

StoredFile FileStore::create(std::string_view extension, const Writer& write) const {
    return replace(random_file_key(extension), write);
}

StoredFile FileStore::replace(std::string_view key, const Writer& write) const {
    if (!is_file_key(key))
        throw std::invalid_argument{"not a file key: '" + std::string{key} + "'"};
    const TemporaryFile temporary{
        directory_ / (std::string{temporary_prefix} + random_file_key(extension_of(key)))};
    write(temporary.path());
    if (!is_plain_file(temporary.path()))
        throw std::runtime_error{"the writer of a stored file wrote none"};

    StoredFile stored{.key = std::string{key},
                      .path = directory_ / key,
                      .size_bytes = std::filesystem::file_size(temporary.path())};
    publish_file(temporary.path(), stored.path);
    return stored;
}

std::optional<StoredFile> FileStore::find(std::string_view key) const {
    if (!is_file_key(key)) return std::nullopt;
    StoredFile stored{.key = std::string{key}, .path = directory_ / key, .size_bytes = 0};
    if (!is_plain_file(stored.path)) return std::nullopt;
    std::error_code missing;
    stored.size_bytes = std::filesystem::file_size(stored.path, missing);
    if (missing) return std::nullopt;
    return stored;
}

bool FileStore::remove(std::string_view key) const {
    if (!find(key)) return false;
    const bool removed = std::filesystem::remove(directory_ / key);
    if (removed) sync_directory(directory_);
    return removed;
}

std::size_t FileStore::remove_older_than(std::chrono::seconds age) const {
    return remove_old_files(directory_, age, is_file_key);
}

std::size_t FileStore::sweep() const {
    return remove_old_files(directory_, options_.stale_after, is_temporary);
}

} // namespace report_server
