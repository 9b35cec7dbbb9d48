#pragma once

#include <asyncjobs/config.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Another descriptor of a connection's socket: what ends it from another thread must not depend on
/// when the client library closes its own, whose number may be somebody else's by then.
class OpenSocket {
public:
    explicit OpenSocket(int descriptor) noexcept
        : descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {}
    ~OpenSocket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenSocket(const OpenSocket&) = delete;
    OpenSocket& operator=(const OpenSocket&) = delete;

    /// Whoever waits for the other side learns that the connection has ended.
    void shut_down() noexcept {
        if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
    }

private:
    const int descriptor_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
