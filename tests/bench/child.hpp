#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

namespace bench {

/// One end of a connection between two processes, for lines of text.
class Channel {
public:
    explicit Channel(int descriptor) noexcept : descriptor_(descriptor) {}
    ~Channel();
    Channel(Channel&& other) noexcept;
    Channel& operator=(Channel&&) = delete;

    void send_line(std::string line);
    /// Returns the next line; throws std::runtime_error if the other end is closed.
    std::string receive_line();
    /// The same, but returns an empty optional if the other end is closed.
    std::optional<std::string> receive_line_if_any();

private:
    bool receive();

    int descriptor_;
    std::string received_;
};

/// A part of the benchmark in a separate process, so that its memory and processor time can be
/// measured. Ends with this object. Construct it while this process has one thread.
class Child {
public:
    explicit Child(const std::function<void(Channel&)>& run);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    Channel& channel() noexcept { return channel_; }

    /// In KiB.
    std::size_t resident() const;
    /// The processor time that it has used, in seconds.
    double processor_time() const;

private:
    Child(const std::function<void(Channel&)>& run, std::pair<int, int> ends);

    pid_t process_;
    Channel channel_;
};

} // namespace bench
