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

    void say(std::string line);
    /// The next line; throws std::runtime_error if the other end is gone.
    std::string hear();
    /// The same, but empty if it is gone.
    std::optional<std::string> hear_if_any();

private:
    bool receive();

    int descriptor_;
    std::string heard_;
};

/// A part of the benchmark that runs in a process of its own, so that it can be weighed, and ends
/// with this. To be made while this process has one thread.
class Child {
public:
    explicit Child(const std::function<void(Channel&)>& run);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    Channel& channel() noexcept { return channel_; }

    /// In KiB.
    std::size_t resident() const;
    /// What it has used of processors, in seconds.
    double processor_time() const;

private:
    Child(const std::function<void(Channel&)>& run, std::pair<int, int> ends);

    pid_t process_;
    Channel channel_;
};

} // namespace bench
