#include "scratch_file.hpp"

#include <support/crypto.hpp>
#include <support/encodings.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

constexpr std::string_view prefix = ".partial-";

bool is_scratch(const std::filesystem::path& path) {
    std::error_code missing;
    return path.filename().string().starts_with(prefix) &&
           std::filesystem::is_regular_file(std::filesystem::symlink_status(path, missing));
}

/// Another process may remove the file first, which is no error.
bool is_older(const std::filesystem::path& path, Duration age) {
    std::error_code missing;
    const auto written = std::filesystem::last_write_time(path, missing);
    return !missing && std::filesystem::file_time_type::clock::now() - written > age;
}

} // namespace

ScratchFile::ScratchFile(const std::filesystem::path& directory)
    : path_(directory / (std::string(prefix) + support::to_hex(support::random_bytes(16)))) {
    create_private_directory(directory);
}

ScratchFile::~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

void ScratchFile::sweep(const std::filesystem::path& directory, Duration age) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::error_code ignored;
        if (is_scratch(entry.path()) && is_older(entry.path(), age))
            std::filesystem::remove(entry.path(), ignored);
    }
}

void create_private_directory(const std::filesystem::path& directory) {
    if (std::filesystem::create_directories(directory))
        std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
