#pragma once

#include <asyncjobs/config.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {

/// An open file descriptor.
///
/// Thread-safety: none; one descriptor belongs to one thread.
/// Ownership: closes the file when destroyed; neither copied nor moved.
/// Errors: `std::system_error` that names the file.
class FileDescriptor {
public:
    /// Opens like `open(2)`; `mode` counts only for a file that this call creates.
    FileDescriptor(std::filesystem::path file, int flags, unsigned mode = 0666);
    ~FileDescriptor();
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    int get() const { return descriptor_; }

    void write_all(std::string_view bytes);

    /// The rest of the file, at most `most` bytes.
    std::string read_up_to(std::size_t most);

    void sync();

    /// Closes now, so that an error is not lost in the destructor.
    void close();

private:
    [[noreturn]] void fail(const char* action) const;

    std::filesystem::path file_;
    int descriptor_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
