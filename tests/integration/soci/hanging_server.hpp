#pragma once

#include <functional>
#include <string>

namespace soci_test {

/// An executor and a client whose calls hang, since `pause()` has paused the server of `url`, can
/// be destroyed, and so can their store.
void check_ends_while_server_hangs(const std::string& url, const std::function<void()>& pause,
                                   const std::function<void()>& resume);

/// The same while they reconnect, to a server that is reached but does not respond, and to one that
/// is not reached. `url` has a `connect_timeout` that is longer than the test.
void check_ends_while_connecting(const std::string& url);

} // namespace soci_test
