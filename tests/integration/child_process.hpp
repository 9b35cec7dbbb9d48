#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

/// A program in a child process, killed at the latest by the destructor.
class ChildProcess {
public:
    /// Starts `command`, a path and arguments, with the descriptor `out` as its standard output.
    ChildProcess(std::vector<std::string> command, int out) {
        std::vector<char*> argv;
        for (auto& argument : command) argv.push_back(argument.data());
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        const int error = ::posix_spawn(&id_, argv[0], &actions, nullptr, argv.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) throw std::runtime_error("posix_spawn: " + command.front());
    }

    ~ChildProcess() { end(SIGKILL); }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    pid_t id() const { return id_; }
    void signal(int signal) { ::kill(id_, signal); }

    /// Waits for the end; returns the exit status, or minus the signal.
    int wait() {
        if (id_ == 0) return 0;
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    int end(int with_signal) {
        if (id_ == 0) return 0;
        signal(with_signal);
        return wait();
    }

private:
    pid_t id_ = 0;
};

/// Both ends of a pipe. Started programs do not inherit them.
class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    }
    ~Pipe() {
        ::close(ends_[0]);
        close_write_end();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int read_end() const { return ends_[0]; }
    int write_end() const { return ends_[1]; }

    /// Call after the writer has started, so that the reader sees the end of the pipe when it ends.
    void close_write_end() {
        if (const int end = std::exchange(ends_[1], -1); end >= 0) ::close(end);
    }

private:
    int ends_[2] = {-1, -1};
};
