#include "file_descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

int sync_to_disk(int descriptor) noexcept {
#ifdef F_FULLFSYNC // of macOS, where fsync() leaves data in the disk's volatile cache
    if (::fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
    const bool is_unsupported = errno == ENOTSUP || errno == EINVAL || errno == ENOTTY;
    if (!is_unsupported) return -1;
#endif
    return ::fsync(descriptor);
}

} // namespace

FileDescriptor::FileDescriptor(std::filesystem::path file, int flags, unsigned mode)
    : file_{std::move(file)}, descriptor_{::open(file_.c_str(), flags | O_CLOEXEC, mode)} {
    if (descriptor_ < 0) fail("cannot open ");
}

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void FileDescriptor::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot write ");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string FileDescriptor::read_up_to(std::size_t most) {
    std::string bytes(most, '\0');
    std::size_t size = 0;
    while (size < most) {
        const auto count = ::read(descriptor_, bytes.data() + size, most - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot read ");
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
}

void FileDescriptor::sync() {
    if (sync_to_disk(descriptor_) != 0) fail("cannot sync ");
}

void FileDescriptor::close() {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot close ");
}

void FileDescriptor::fail(const char* action) const {
    throw std::system_error{errno, std::generic_category(), action + file_.string()};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
