#include "postgresql/wake_up.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

int make_pipe(std::array<int, 2>& ends) noexcept {
#ifdef __APPLE__ // has no pipe2(): a child process that starts meanwhile inherits the pipe
    const int result = ::pipe(ends.data());
    if (result != 0) return result;
    for (const int end : ends) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    return result;
#else
    return ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK);
#endif
}

} // namespace

WakeUp::WakeUp() {
    if (make_pipe(ends_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
}

WakeUp::~WakeUp() {
    for (const int end : ends_) ::close(end);
}

// If the pipe is full, it is already readable.
void WakeUp::wake() noexcept {
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(ends_[1], &byte, 1);
}

void WakeUp::clear() noexcept {
    std::array<char, 256> bytes;
    while (::read(ends_[0], bytes.data(), bytes.size()) > 0) {
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
