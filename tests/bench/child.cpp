#include "child.hpp"

#include "system_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

std::pair<int, int> make_ends() {
    std::array<int, 2> ends = {};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) throw_system_error("socketpair");
    return {ends[0], ends[1]};
}

[[noreturn]] void run_as_child(const std::function<void(Channel&)>& run, int end) {
    int status = 0;
    try {
        Channel channel(end);
        run(channel);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        status = 1;
    }
    ::_exit(status); // the parent destroys the parent's objects
}

} // namespace

Channel::~Channel() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Channel::Channel(Channel&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), received_(std::move(other.received_)) {}

void Channel::send_line(std::string line) {
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
        const auto sent = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0) throw_system_error("send");
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string Channel::receive_line() {
    if (auto line = receive_line_if_any()) return *std::move(line);
    throw std::runtime_error("a process of the benchmark has ended early");
}

std::optional<std::string> Channel::receive_line_if_any() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == received_.npos)
        if (!receive()) return std::nullopt;
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
}

bool Channel::receive() {
    std::array<char, 4096> bytes = {};
    const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

Child::Child(const std::function<void(Channel&)>& run) : Child(run, make_ends()) {}

Child::Child(const std::function<void(Channel&)>& run, std::pair<int, int> ends)
    : process_(::fork()), channel_(ends.first) {
    if (process_ == 0) {
        ::close(ends.first);
        run_as_child(run, ends.second);
    }
    ::close(ends.second);
    if (process_ < 0) throw_system_error("fork");
}

Child::~Child() {
    { const auto closed = std::move(channel_); }
    ::waitpid(process_, nullptr, 0);
}

double Child::processor_time() const {
    std::ifstream file(fmt::format("/proc/{}/stat", process_));
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t Child::resident() const {
    std::ifstream status(fmt::format("/proc/{}/status", process_));
    std::size_t kib = 0;
    for (std::string word; status >> word;)
        if (word == "VmRSS:" && status >> kib) return kib;
    throw std::runtime_error("a process of the benchmark has ended early");
}

} // namespace bench
