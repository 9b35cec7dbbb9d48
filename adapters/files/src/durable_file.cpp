#include <asyncjobs/files/durable_file.hpp>

#include "file_descriptor.hpp"

#include <fcntl.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

std::filesystem::path directory_of(const std::filesystem::path& file) {
    const auto parent = file.parent_path();
    return parent.empty() ? std::filesystem::path{"."} : parent;
}

} // namespace

void write_file(const std::filesystem::path& file, std::string_view bytes) {
    FileDescriptor descriptor{file, O_WRONLY | O_CREAT | O_TRUNC};
    try {
        descriptor.write_all(bytes);
        descriptor.sync();
        descriptor.close();
    } catch (...) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(file, ignored)) std::filesystem::remove(file, ignored);
        throw;
    }
}

void sync_file(const std::filesystem::path& file) { FileDescriptor{file, O_RDONLY}.sync(); }

void publish_file(const std::filesystem::path& finished, const std::filesystem::path& target) {
    sync_file(finished);
    std::filesystem::rename(finished, target);
    sync_directory(directory_of(target));
}

void sync_directory(const std::filesystem::path& directory) {
    FileDescriptor{directory, O_RDONLY | O_DIRECTORY}.sync();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
