#include "pauses.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

constexpr std::array<int, 3> caught_signals = {SIGINT, SIGTERM, SIGWINCH};

/// A signal's number is written to it.
std::array<int, 2> signal_pipe = {-1, -1};

extern "C" void write_signal(int signal) {
    const int error = errno;
    const auto number = static_cast<char>(signal);
    const auto ignored = ::write(signal_pipe[1], &number, 1);
    static_cast<void>(ignored);
    errno = error;
}

} // namespace

Pauses::Pauses() {
    if (::pipe(signal_pipe.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    for (const int end : signal_pipe) {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    struct sigaction action = {};
    action.sa_handler = write_signal;
    action.sa_flags = SA_RESTART;
    for (const int signal : caught_signals) ::sigaction(signal, &action, nullptr);
}

Pauses::~Pauses() {
    for (const int signal : caught_signals) std::signal(signal, SIG_DFL);
    for (int& end : signal_pipe) ::close(end);
    signal_pipe = {-1, -1};
}

Pauses::Woken Pauses::wait(Duration longest, bool for_keys) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
    std::array<pollfd, 2> sources = {
        {{.fd = signal_pipe[0], .events = POLLIN, .revents = 0},
         {.fd = for_keys ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}}};
    const auto timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    if (::poll(sources.data(), sources.size(), is_interrupted_ ? 0 : timeout) < 0 && errno != EINTR)
        throw std::system_error(errno, std::generic_category(), "poll");
    bool is_resized = false;
    for (char signal = 0; ::read(signal_pipe[0], &signal, 1) == 1;) {
        is_resized = is_resized || signal == SIGWINCH;
        is_interrupted_ = is_interrupted_ || signal != SIGWINCH;
    }
    if (is_interrupted_) return Woken::interrupted;
    if (is_resized) return Woken::resized;
    return sources[1].revents != 0 ? Woken::key : Woken::timeout;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
