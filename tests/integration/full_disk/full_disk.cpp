// Preloaded into a database server: while the file exists that the variable
// ASYNCJOBS_DISK_IS_FULL_WHILE names, no file grows. Space that a file already has can still be
// written to, as on a real disk.

#include <cerrno>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

bool is_too_much(int file, off64_t offset, std::size_t size) {
    static const char* const full_while = std::getenv("ASYNCJOBS_DISK_IS_FULL_WHILE");
    if (!full_while || ::access(full_while, F_OK) != 0) return false;
    struct stat64 status = {};
    return ::fstat64(file, &status) == 0 && S_ISREG(status.st_mode) &&
           offset + static_cast<off64_t>(size) > status.st_size;
}

std::size_t total(const iovec* parts, int count) {
    std::size_t size = 0;
    for (int i = 0; i < count; ++i) size += parts[i].iov_len;
    return size;
}

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Calls the wrapped function, unless it would make the file grow.
#define ASYNCJOBS_UNLESS_FULL(function, offset, size, ...)                                         \
    static const auto original = next<decltype(function)>(#function);                              \
    if (!is_too_much(file, offset, size)) return original(__VA_ARGS__);                            \
    errno = ENOSPC;                                                                                \
    return -1

} // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t size) {
    ASYNCJOBS_UNLESS_FULL(write, ::lseek64(file, 0, SEEK_CUR), size, file, data, size);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
    ASYNCJOBS_UNLESS_FULL(pwrite, offset, size, file, data, size, offset);
}
ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
    ASYNCJOBS_UNLESS_FULL(pwrite64, offset, size, file, data, size, offset);
}
ssize_t pwritev(int file, const iovec* parts, int count, off_t offset) {
    ASYNCJOBS_UNLESS_FULL(pwritev, offset, total(parts, count), file, parts, count, offset);
}
ssize_t pwritev64(int file, const iovec* parts, int count, off64_t offset) {
    ASYNCJOBS_UNLESS_FULL(pwritev64, offset, total(parts, count), file, parts, count, offset);
}
int fallocate64(int file, int mode, off64_t offset, off64_t size) {
    ASYNCJOBS_UNLESS_FULL(fallocate64, offset, static_cast<std::size_t>(size), file, mode, offset,
                          size);
}

// These return the error and do not set errno.
int posix_fallocate(int file, off_t offset, off_t size) {
    static const auto original = next<decltype(posix_fallocate)>("posix_fallocate");
    if (is_too_much(file, offset, static_cast<std::size_t>(size))) return ENOSPC;
    return original(file, offset, size);
}
int posix_fallocate64(int file, off64_t offset, off64_t size) {
    static const auto original = next<decltype(posix_fallocate64)>("posix_fallocate64");
    if (is_too_much(file, offset, static_cast<std::size_t>(size))) return ENOSPC;
    return original(file, offset, size);
}
}
