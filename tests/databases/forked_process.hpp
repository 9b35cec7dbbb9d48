#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

namespace soci_test {

/// A forked process that runs `body(write_end)` and ends. The parent reads what it writes.
class ForkedProcess {
public:
    template <typename Body>
    explicit ForkedProcess(Body body) {
        int ends[2] = {};
        if (::pipe(ends) != 0) std::terminate();
        id_ = ::fork();
        if (id_ == 0) {
            ::close(ends[0]);
            try {
                body(ends[1]);
            } catch (const std::exception& error) {
                write_text(ends[1], error.what());
            }
            ::_exit(0);
        }
        ::close(ends[1]);
        from_child_ = ends[0];
    }
    ~ForkedProcess() {
        kill();
        ::close(from_child_);
    }
    ForkedProcess(const ForkedProcess&) = delete;
    ForkedProcess& operator=(const ForkedProcess&) = delete;

    static void write_text(int to, const std::string& text) {
        if (::write(to, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
    }

    /// Returns `size` characters, or fewer at the end of the child's output.
    std::string read(std::size_t size) {
        std::string text(size, '\0');
        std::size_t filled = 0;
        while (filled < size) {
            const auto count = ::read(from_child_, text.data() + filled, size - filled);
            if (count <= 0) break;
            filled += static_cast<std::size_t>(count);
        }
        text.resize(filled);
        return text;
    }

    std::string read_all() {
        std::string all;
        for (auto part = read(4096); !part.empty(); part = read(4096)) all += part;
        return all;
    }

    void kill() {
        if (id_ <= 0) return;
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
        id_ = 0;
    }

private:
    pid_t id_ = 0;
    int from_child_ = -1;
};

} // namespace soci_test
