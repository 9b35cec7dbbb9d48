#pragma once

#include "integration/child_process.hpp"

#include <poll.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace cli_test {

/// How a program ended, and what it wrote.
struct Ended {
    int status = 0; ///< the exit status, or minus the signal
    std::string out = {};
    std::string err = {};
};

/// A run of the command line.
struct Run {
    std::vector<std::string> arguments = {};
    std::string store = {};                    ///< ASYNCJOBS_STORE; empty: not set
    std::vector<std::string> environment = {}; ///< `NAME=value`
    std::string input = {};
};

/// The command, with its environment.
inline std::vector<std::string> command_of(const Run& run) {
    std::vector<std::string> command = {"/usr/bin/env", "-u",       "ASYNCJOBS_TOKEN",
                                        "-u",           "NO_COLOR", "USER=ann"};
    command.push_back("ASYNCJOBS_STORE=" + run.store);
    command.insert(command.end(), run.environment.begin(), run.environment.end());
    command.push_back(CLI_PROGRAM);
    command.insert(command.end(), run.arguments.begin(), run.arguments.end());
    return command;
}

/// Reads both pipes until their ends.
inline void read_both(int out, int err, Ended& ended) {
    std::array<pollfd, 2> pipes = {
        {{.fd = out, .events = POLLIN, .revents = 0}, {.fd = err, .events = POLLIN, .revents = 0}}};
    while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
        if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;
        for (std::size_t i = 0; i < pipes.size(); ++i) {
            if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
            std::array<char, 65536> part;
            const auto size = ::read(pipes[i].fd, part.data(), part.size());
            if (size > 0)
                (i == 0 ? ended.out : ended.err)
                    .append(part.data(), static_cast<std::size_t>(size));
            else
                pipes[i].fd = -1;
        }
    }
}

/// Runs a program, a path and arguments, to its end, without a terminal.
inline Ended run_program(std::vector<std::string> command, const std::string& input = {}) {
    std::vector<char*> argv;
    for (auto& argument : command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    Pipe in, out, err;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read_end(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write_end(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write_end(), STDERR_FILENO);
    pid_t id = 0;
    const int error = ::posix_spawn(&id, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("posix_spawn: " + command.front());
    if (::write(in.write_end(), input.data(), input.size()) < 0)
        throw std::runtime_error("the program does not read its input");
    for (Pipe* pipe : {&in, &out, &err}) pipe->close_write_end();
    Ended ended;
    read_both(out.read_end(), err.read_end(), ended);
    int status = 0;
    while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
    }
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return ended;
}

/// Runs the command line.
inline Ended run(const Run& run) { return run_program(command_of(run), run.input); }

/// Runs a command of a store.
inline Ended run(const std::string& store, std::vector<std::string> arguments) {
    return run({.arguments = std::move(arguments), .store = store});
}

} // namespace cli_test
