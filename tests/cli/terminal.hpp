#pragma once

#include "program.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cli_test {

/// The command line on a terminal of its own; killed at the latest by the destructor.
///
/// Errors  std::runtime_error if what is awaited is not printed within a minute, or if the program
///         ends before.
class Terminal {
public:
    explicit Terminal(const Run& run, unsigned short rows = 24, unsigned short columns = 100) {
        auto command = command_of(run);
        std::vector<char*> argv;
        for (auto& argument : command) argv.push_back(argument.data());
        argv.push_back(nullptr);
        winsize size = {.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        id_ = ::forkpty(&master_, nullptr, nullptr, &size);
        if (id_ < 0) throw std::runtime_error("forkpty");
        if (id_ == 0) {
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
    }
    ~Terminal() {
        if (id_ > 0) {
            ::kill(id_, SIGKILL);
            end();
        }
        ::close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// Returns what was printed up to the end of `text`, since the last call.
    std::string wait_for(std::string_view text) {
        for (auto at = seen_.find(text);; at = seen_.find(text)) {
            if (at != seen_.npos) {
                std::string before = seen_.substr(0, at + text.size());
                seen_.erase(0, at + text.size());
                return before;
            }
            if (!read_more())
                throw std::runtime_error("the terminal has no \"" + std::string(text) +
                                         "\", but: " + seen_);
        }
    }

    void type(std::string_view keys) {
        if (::write(master_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
            throw std::runtime_error("typing");
    }

    void resize(unsigned short rows, unsigned short columns) {
        winsize size = {.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        ::ioctl(master_, TIOCSWINSZ, &size);
    }

    /// Reads to the end of the program; returns how it ended, with the rest of its output.
    Ended end() {
        while (read_more()) {
        }
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = 0;
        return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
                .out = seen_};
    }

private:
    /// Returns false at the end, and after a minute without output.
    bool read_more() {
        pollfd source = {.fd = master_, .events = POLLIN, .revents = 0};
        if (::poll(&source, 1, 60'000) <= 0) return false;
        std::array<char, 4096> part;
        const auto size = ::read(master_, part.data(), part.size());
        if (size <= 0) return false;
        seen_.append(part.data(), static_cast<std::size_t>(size));
        return true;
    }

    pid_t id_ = 0;
    int master_ = -1;
    std::string seen_;
};

} // namespace cli_test
