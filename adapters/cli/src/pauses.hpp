#pragma once

#include <asyncjobs/time.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// Waits of a command that runs for long. From its construction on, Ctrl-C and SIGTERM no longer
/// end the program, but its wait.
///
/// Thread-safety  None; one at a time in the process.
class Pauses {
public:
    enum class Woken {
        timeout,
        interrupted, ///< by SIGINT or SIGTERM, also during an earlier wait
        resized,     ///< the terminal
        key,         ///< standard input has something to read
    };

    Pauses();
    ~Pauses();
    Pauses(const Pauses&) = delete;
    Pauses& operator=(const Pauses&) = delete;

    Woken wait(Duration longest, bool for_keys = false);
    /// Whether a wait was interrupted.
    bool is_interrupted() const noexcept { return is_interrupted_; }

private:
    bool is_interrupted_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
