#include "postgresql/wake_up.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <thread>

namespace {

using asyncjobs::soci_adapter::WakeUp;

bool is_readable(const WakeUp& wake_up, int timeout_milliseconds = 0) {
    pollfd descriptor{.fd = wake_up.descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&descriptor, 1, timeout_milliseconds) == 1;
}

TEST_CASE("a wake-up before the wait is kept until it is cleared") {
    WakeUp wake_up;
    CHECK_FALSE(is_readable(wake_up));
    wake_up.wake();
    CHECK(is_readable(wake_up));
    CHECK(is_readable(wake_up));
    wake_up.clear();
    CHECK_FALSE(is_readable(wake_up));
}

TEST_CASE("a wake-up from another thread ends the wait") {
    constexpr int no_timeout = -1;
    WakeUp wake_up;
    std::thread waker([&] { wake_up.wake(); });
    CHECK(is_readable(wake_up, no_timeout));
    waker.join();
}

TEST_CASE("wake-ups never block, and one clear() consumes all of them") {
    constexpr int more_than_a_pipe_holds = 100'000;
    WakeUp wake_up;
    for (int i = 0; i < more_than_a_pipe_holds; ++i) wake_up.wake();
    CHECK(is_readable(wake_up));
    wake_up.clear();
    CHECK_FALSE(is_readable(wake_up));
    wake_up.wake();
    CHECK(is_readable(wake_up));
}

TEST_CASE("a program that the host starts does not inherit the wake-up's descriptor") {
    const WakeUp wake_up;
    CHECK((::fcntl(wake_up.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

} // namespace
