#pragma once

#include <asyncjobs/config.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A duplicate descriptor of a connection's socket, for shutting it down from another thread: the
/// client library may have closed its own descriptor, and the number may have been reused.
class OpenSocket {
public:
    explicit OpenSocket(int descriptor) noexcept
        : descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {}
    ~OpenSocket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenSocket(const OpenSocket&) = delete;
    OpenSocket& operator=(const OpenSocket&) = delete;

    /// Ends a wait for the other side: it fails as on a closed connection.
    void shut_down() noexcept {
        if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
    }

private:
    const int descriptor_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
