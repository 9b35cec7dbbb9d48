#pragma once

#include <asyncjobs/config.hpp>

#include <stdexcept>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// The program's exit status. docs/cli.md lists them.
enum class Exit {
    done = 0,
    negative = 1,     ///< the command ran, and its result is "no"
    critical = 2,     ///< of `status`: nothing works
    not_found = 3,    ///< no such job, queue, worker, ...
    refused = 4,      ///< missing permission, or a status that does not allow it
    unavailable = 5,  ///< the store or the server can't be reached
    schema = 6,       ///< the tables are missing, or of another version
    partly = 7,       ///< some of several things were done
    usage = 64,       ///< wrong arguments
    output = 74,      ///< the output can't be written
    timed_out = 124,  ///< `--timeout` has passed
    interrupted = 130 ///< by Ctrl-C
};

/// Ends the command with a message on standard error.
class Failure : public std::runtime_error {
public:
    Failure(Exit exit, const std::string& message) : std::runtime_error(message), exit_(exit) {}

    Exit exit() const noexcept { return exit_; }

private:
    Exit exit_;
};

/// Standard output has no reader any more: the program ends without a message.
struct BrokenPipe {};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
